//! `tallywire simulate` and `tallywire serve`, in two terminals.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A process that is killed at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tallywire(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tallywire"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

/// A command in a shell that has read the settings file.
fn in_shell(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.args(["-c", &format!("set -a; . ./sim.env; set +a; {script}")]).current_dir(folder).env_clear();
    command.env("PATH", path).env("TALLYWIRE", env!("CARGO_BIN_EXE_tallywire"));
    command
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = tallywire(folder, arguments).output().unwrap();
    assert!(!status.success(), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The lines that a simulation prints before it starts.
fn printed(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Vec<String> {
    let mut printed = vec![];
    for line in lines {
        let line = line.unwrap();
        let is_last = line.starts_with("# Seed");
        printed.push(line);
        if is_last {
            break;
        }
    }
    printed
}

async fn until(what: &str, mut has_happened: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !has_happened().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn simulation(folder: &Path, arguments: &[&str]) -> (Running, std::io::Lines<BufReader<ChildStdout>>) {
    let mut child = tallywire(folder, arguments).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (Running(child), lines)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_terminals_are_enough_to_see_transactions_of_every_simulated_provider_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let server = format!("http://127.0.0.1:{}", free_port());
    let (mut simulated, mut lines) = simulation(
        folder.path(),
        &["simulate", "--env", "sim.env", "--webhook-url", &server, "--every", "0.2", "--history", "30"],
    );
    let printed = printed(&mut lines);
    let mut serving = in_shell(folder.path(), r#"exec "$TALLYWIRE" serve"#);
    let _serving = Running(serving.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let client = reqwest::Client::new();
    until("the server is ready", async || {
        client.get(format!("{server}/health/ready")).send().await.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    let calls: Vec<_> = printed.iter().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(calls.len(), 3, "{printed:#?}");
    for call in calls {
        let output = in_shell(folder.path(), &format!("{call} --fail")).output().unwrap();
        assert!(output.status.success(), "{call}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let token = in_shell(folder.path(), r#"exec "$TALLYWIRE" token user-1"#).output().unwrap().stdout;
    let token = String::from_utf8(token).unwrap().trim().to_owned();
    for connector in ["basiq", "plaid", "apideck"] {
        let url = format!("{server}/api/transactions?limit=500&connector={connector}");
        until(&format!("more than the history of {connector} is there"), async || {
            let page: Value = client.get(&url).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
            page["transactions"].as_array().is_some_and(|rows| rows.len() > 32)
        })
        .await;
    }
    let pid = simulated.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(simulated.0.wait().unwrap().success());
    assert!(rest.iter().any(|line| line.starts_with("# basiq: ") && line.ends_with(" 0 given up")), "{rest:#?}");
}

#[test]
fn the_settings_that_are_printed_are_those_that_the_server_checks() {
    let folder = tempfile::tempdir().unwrap();
    let (_simulated, mut lines) = simulation(folder.path(), &["simulate", "plaid", "basiq", "--seed", "7"]);
    let printed = printed(&mut lines);
    let settings: String =
        printed.iter().filter(|line| !line.starts_with("curl ")).map(|line| format!("{line}\n")).collect();
    assert!(!settings.contains("APIDECK"), "{settings}");
    std::fs::write(folder.path().join("sim.env"), settings).unwrap();
    let checked = in_shell(folder.path(), r#"exec "$TALLYWIRE" check-config"#).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn what_is_wrong_with_the_arguments_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".settings"), "JWT_SECRET=real\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let on_taken: &[&str] = &["simulate", "basiq", "--port", &port];
    for (arguments, said) in [
        (on_taken, format!("cannot listen on 127.0.0.1:{port}")),
        (&["simulate", "--port", "65535"], "no port above 65535".to_owned()),
        (&["simulate", "hooli"], "basiq, plaid and apideck can".to_owned()),
        (&["simulate", "--every", "soon"], "not a number of seconds".to_owned()),
        (&["simulate", "--speed", "0"], "--speed".to_owned()),
        (&["simulate", "--webhook-url", "127.0.0.1"], "--webhook-url".to_owned()),
        (&["simulate", "--env", ".settings"], "not written by `tallywire simulate`".to_owned()),
    ] {
        let error = refused(folder.path(), arguments);
        assert!(error.contains(&said) && !error.contains("panicked"), "{arguments:?}: {error}");
    }
}
