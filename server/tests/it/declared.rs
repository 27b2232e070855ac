//! Connectors declared in files, from the folder to the feed.

use std::path::Path;
use std::process::{Command, Output};

use connectors::{Provider, declarative};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{JWT_SECRET, SERVICE_SECRET, TestApp, config, post};

/// The example of the documentation.
const EXAMPLE: &str = include_str!("../../../connectors/example.toml.sample");
const SECRET: &str = "secret-of-the-tests";

/// A folder with a connector's file in it.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("connectors")).unwrap();
    std::fs::write(folder.path().join("connectors/acme.toml"), text).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tallywire"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn an_invalid_file_stops_the_start_and_check_config_prints_the_same() {
    let broken = EXAMPLE.replace("\"hmac-sha256\"", "\"hmac-md5\"").replace("currency = \"AUD\"", "currency = 7");
    let folder = folder(&broken);
    std::fs::write(folder.path().join("connectors/other.toml"), "id = \n").unwrap();
    std::fs::write(folder.path().join("connectors/notes.txt"), "no connector").unwrap();
    let line = |of: &str| 1 + broken.lines().position(|line| line.starts_with(of)).unwrap();
    let outputs = [["serve"], ["check-config"]].map(|arguments| run(folder.path(), &arguments, &[]));
    for output in &outputs {
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        for expected in [
            format!(
                "connectors/acme.toml:{}:12: currency is 7; a currency's code in ISO 4217 is expected",
                line("currency")
            ),
            format!(
                "connectors/acme.toml:{}:10: signature.scheme is \"hmac-md5\"; one of hmac-sha256, ",
                line("scheme")
            ),
            "connectors/other.toml:1:".to_owned(),
        ] {
            assert!(said.contains(&format!("  - {expected}")), "{expected}: {said}");
        }
        assert!(!said.contains("notes.txt"), "{said}");
    }
    assert_eq!(outputs[0].stderr, outputs[1].stderr);
}

#[test]
fn a_folder_that_is_named_and_not_there_is_a_problem_and_the_usual_one_may_be_missing() {
    let empty = tempfile::tempdir().unwrap();
    assert!(run(empty.path(), &["check-config"], &[]).status.success());
    let refused = run(empty.path(), &["check-config"], &[("CONNECTORS_DIR", "elsewhere")]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("CONNECTORS_DIR is not a readable folder"), "{said}");
    let folder = folder(EXAMPLE);
    let path = folder.path().join("connectors").display().to_string();
    let read = run(empty.path(), &["check-config"], &[("CONNECTORS_DIR", &path), ("EXAMPLE_WEBHOOK_SECRET", "short")]);
    let said = String::from_utf8_lossy(&read.stderr).into_owned();
    assert!(said.contains("EXAMPLE_WEBHOOK_SECRET is shorter than 16 characters"), "{said}");
}

#[test]
fn a_declared_connector_without_its_secret_is_warned_of() {
    let folder = folder(EXAMPLE);
    let said = |settings: &[(&str, &str)]| {
        let output = run(folder.path(), &["check-config"], settings);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let warning = "Warning: example is declared, but EXAMPLE_WEBHOOK_SECRET has no usable value";
    assert!(said(&[]).contains(warning));
    let with_secret = said(&[("EXAMPLE_WEBHOOK_SECRET", SECRET)]);
    assert!(!with_secret.contains("Warning: example") && !with_secret.contains(SECRET), "{with_secret}");
}

/// A server with the example, and its provider.
async fn with_example() -> (TestApp, std::sync::Arc<dyn Provider>) {
    let mut config = config();
    config.declared = declarative::read([("connectors/example.toml", EXAMPLE)]).unwrap();
    config.connectors.set("EXAMPLE_WEBHOOK_SECRET", [SECRET]);
    let provider = config.registry().get("example").unwrap().clone();
    (TestApp::with(config).await, provider)
}

#[tokio::test]
async fn a_webhook_of_a_declared_connector_reaches_its_owner_digit_for_digit() {
    let (app, example) = with_example().await;
    let registered = app
        .request(Method::PUT, "/api/connectors/example/connections/login-1")
        .header("x-service-secret", SERVICE_SECRET)
        .json(&json!({ "userId": "alice" }))
        .send()
        .await
        .unwrap();
    assert_eq!(registered.status(), 201);
    let mut socket = app.signed_in("alice").await;
    let body = include_bytes!("../../../crates/connectors/tests/declared/example/transaction-created.json");
    let send = async |altered: bool| {
        let headers = example.sign("m-1", body, app.now()).unwrap();
        let mut body = body.to_vec();
        body.extend(altered.then_some(b' '));
        post(&app, "example", headers, body).await
    };
    assert_eq!(send(true).await.status(), 401);
    let first: Value = send(false).await.json().await.unwrap();
    assert_eq!(first, json!({ "success": true, "processed": 1 }));
    let again: Value = send(false).await.json().await.unwrap();
    assert_eq!(again["duplicate"], json!(true));
    let told = socket.expect("transaction:new").await;
    assert_eq!(told["transaction"]["connectorId"], json!("example"));
    let page = app.raw("alice", "/api/transactions").await;
    assert!(page.contains("\"amount\":-50.10,"), "{page}");
    let metrics = app.request(Method::GET, "/metrics").header("x-service-secret", SERVICE_SECRET).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("connector=\"example\",outcome=\"processed\""), "{metrics}");
}

#[tokio::test]
async fn a_declared_connector_is_listed_with_what_it_can_do() {
    let (app, _) = with_example().await;
    let list: Value = app.request(Method::GET, "/api/connectors").send().await.unwrap().json().await.unwrap();
    let own = list["connectors"].as_array().unwrap().iter().find(|connector| connector["id"] == "example").unwrap();
    assert_eq!((&own["configured"], &own["webhookPath"]), (&json!(true), &json!("/api/connectors/example/webhook")));
    assert_eq!(own["capabilities"], json!(["webhook", "transactions", "accounts", "connection-status"]));
    assert!(!list.to_string().contains(SECRET));
}
