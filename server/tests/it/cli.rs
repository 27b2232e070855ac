//! The command line while a server is running.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use server::store::sqlite::ServerLock;

use crate::support::{
    BASIQ_SECRET, Basiq, CoreAppDouble, JWT_SECRET, SERVICE_SECRET, TestApp, basiq_body, config, forwarding,
};

/// Runs a command on the store in a folder; returns its output.
fn tallywire(folder: &Path, core_app: &str, arguments: &[&str]) -> String {
    let output = run(folder, core_app, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(folder: &Path, core_app: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tallywire"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .env("BASIQ_WEBHOOK_SECRET", BASIQ_SECRET)
        .env("CORE_APP_URL", core_app)
        .output()
        .unwrap()
}

/// How many transactions a database has, counted without the server.
fn transactions(file: &Path) -> u64 {
    let database = rusqlite::Connection::open(file).unwrap();
    database.query_row("SELECT count(*) FROM transactions", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_backup_has_all_that_is_stored_while_the_server_runs_and_the_file_alone_when_it_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = config();
    settings.database = folder.path().join("t.db").into();
    let app = TestApp::with(settings).await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for number in 0..20 {
        basiq.deliver(&app, &basiq_body("conn-1", &format!("t{number}"), "-1")).await;
    }
    tallywire(folder.path(), "", &["backup", "copies/one.db"]);
    assert_eq!(transactions(&folder.path().join("copies/one.db")), 20);
    let again = run(folder.path(), "", &["backup", "copies/one.db"]);
    assert!(!again.status.success(), "nothing is written over");
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("exists already"), "{said}");

    app.state.store.close().await;
    let alone = folder.path().join("alone.db");
    std::fs::copy(folder.path().join("t.db"), &alone).unwrap();
    assert_eq!(transactions(&alone), 20);
    for file in ["t.db", "copies/one.db"] {
        let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} is its owner's alone");
    }
}

#[tokio::test]
async fn a_backup_is_restored_while_no_server_runs_and_the_former_database_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = config();
    settings.database = folder.path().join("t.db").into();
    let app = TestApp::with(settings).await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    tallywire(folder.path(), "", &["backup", "copy.db"]);
    basiq.deliver(&app, &basiq_body("conn-1", "t2", "-1")).await;
    let refused = run(folder.path(), "", &["restore", "copy.db"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("stop the server first"), "{said}");

    app.state.store.close().await;
    drop(app);
    while !run(folder.path(), "", &["restore", "copy.db"]).status.success() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let former = folder.path().join("t.db.before-restore-1");
    assert_eq!((transactions(&folder.path().join("t.db")), transactions(&former)), (1, 2));
    let mode = std::fs::metadata(folder.path().join("t.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "its owner's alone");
}

#[test]
fn names_are_the_same_on_the_command_line_as_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(201);
    for odd in ["", " ", " x", "a\nb", &long] {
        for arguments in [
            ["connection", "add", "basiq", odd, "--user", "alice"].as_slice(),
            &["connection", "add", "basiq", "conn-1", "--user", odd],
            &["user", "add", "ada@example.com", "--id", odd],
            &["token", odd],
        ] {
            let refused = run(folder.path(), "", arguments);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains("between 1 and 200 bytes"), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_line_of_the_settings_that_cannot_be_read_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "# settings\nJWT_SECRET=a secret of words\n").unwrap();
    let refused = run(folder.path(), "", &["check-config"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("line 2") && !said.contains("words"), "{said}");
}

#[tokio::test]
async fn what_a_registration_from_the_command_line_places_reaches_the_core_app_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let core_app = CoreAppDouble::start().await;
    let mut settings = forwarding(&core_app.address);
    settings.database = folder.path().join("t.db").into();
    let app = TestApp::with(settings).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let printed =
        tallywire(folder.path(), &core_app.address, &["connection", "add", "basiq", "conn-1", "--user", "alice"]);
    assert_eq!(printed, "registered: basiq conn-1 of alice\n");
    // Any commit wakes the outbox worker.
    app.register("conn-2", "alice").await;
    basiq.deliver(&app, &basiq_body("conn-2", "t2", "-1")).await;
    let keys: Vec<_> = core_app.taken(2).await.into_iter().map(|call| call.key).collect();
    assert_eq!(keys, ["basiq:t1", "basiq:t2"]);
}

#[test]
fn a_setting_that_is_no_text_is_named_and_not_shown() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tallywire"))
        .arg("check-config")
        .current_dir(folder.path())
        .env_clear()
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .env("JWT_SECRET", std::ffi::OsStr::from_bytes(b"hunter2-hunter2-hunter2-hunter2-\xff"))
        .env("UNRELATED", std::ffi::OsStr::from_bytes(b"\xff"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("JWT_SECRET is not UTF-8 text"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("panicked") && !said.contains("UNRELATED"), "{said}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.db"), "a letter to my grandmother, of some length").unwrap();
    let output = run(folder.path(), "", &["outbox", "status"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("t.db"), "{said}");
}

#[test]
fn a_second_server_on_a_database_file_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let _first = ServerLock::take(&folder.path().join("t.db")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tallywire"))
        .arg("serve")
        .current_dir(folder.path())
        .env_clear()
        .envs([("DATABASE_URL", "sqlite:t.db"), ("CONNECTORS_HOST", "127.0.0.1"), ("CONNECTORS_PORT", "0")])
        .envs([("JWT_SECRET", JWT_SECRET), ("SERVICE_SECRET", SERVICE_SECRET), ("BASIQ_WEBHOOK_SECRET", BASIQ_SECRET)])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot use t.db: Another server is running on this database"), "{said}");
}

#[test]
fn a_reader_that_goes_away_ends_a_command_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tallywire"))
        .args(["outbox", "status"])
        .current_dir(folder.path())
        .env_clear()
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
