//! The command line beside a running server.

use std::path::Path;
use std::process::Command;

use crate::support::{BASIQ_SECRET, Basiq, CoreAppDouble, JWT_SECRET, SERVICE_SECRET, TestApp, basiq_body, forwarding};

/// Runs a command on the store in a folder; what it printed.
fn tallywire(folder: &Path, core_app: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tallywire"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .env("BASIQ_WEBHOOK_SECRET", BASIQ_SECRET)
        .env("CORE_APP_URL", core_app)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn what_a_registration_from_the_command_line_places_reaches_the_core_app_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let core_app = CoreAppDouble::start().await;
    let mut settings = forwarding(&core_app.address);
    settings.database.path = Some(folder.path().join("t.db"));
    let app = TestApp::with(settings).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let printed =
        tallywire(folder.path(), &core_app.address, &["connection", "add", "basiq", "conn-1", "--user", "alice"]);
    assert_eq!(printed, "registered: basiq conn-1 of alice\n");
    // Anything that is stored wakes the sender.
    app.register("conn-2", "alice").await;
    basiq.deliver(&app, &basiq_body("conn-2", "t2", "-1")).await;
    let keys: Vec<_> = core_app.taken(2).await.into_iter().map(|call| call.key).collect();
    assert_eq!(keys, ["basiq:t1", "basiq:t2"]);
}
