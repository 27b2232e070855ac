//! One id leads in the log from a webhook to its events.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Basiq, TestApp, basiq_body};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The first line with this message.
    fn line(&self, message: &str) -> Option<Value> {
        self.lines().into_iter().find(|line| line["fields"]["message"] == message)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Logs to `log` in this thread, until both are dropped. While only one subscriber exists, tracing asks the thread that
/// reaches a call site first, which may be another test's thread without a subscriber, and remembers the answer; with
/// two it asks both.
fn capture(filter: &str, log: &Log) -> (DefaultGuard, Dispatch) {
    let second = Dispatch::new(tracing_subscriber::registry());
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(log.clone()).finish();
    (tracing::subscriber::set_default(subscriber), second)
}

/// On a single-threaded runtime, so that all of the server except the store's threads logs here.
#[tokio::test]
async fn one_delivery_id_leads_from_the_receipt_of_a_webhook_to_its_published_event() {
    let log = Log::default();
    let _capture = capture("server=debug", &log);
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut socket = app.signed_in("alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    socket.expect("transaction:new").await;
    let arrived = log.line("a webhook arrived").expect("the receipt");
    let id = &arrived["span"]["delivery.id"];
    assert!(id.as_str().is_some_and(|id| id.len() == 16), "{arrived}");
    assert_eq!(arrived["span"]["connector.id"], json!("basiq"));
    let recorded = log.line("a delivery was recorded").expect("the commit");
    assert_eq!((&recorded["fields"]["delivery.id"], &recorded["fields"]["connection.id"]), (id, &json!("conn-1")));
    let events = log.lines().into_iter().filter(|line| line["fields"]["message"] == "an event was published");
    let event = events.map(|line| line["fields"].clone()).find(|line| line["event.name"] == "transaction:new");
    let event = event.expect("the publication");
    assert_eq!((&event["delivery.id"], &event["user.id"]), (id, &json!("alice")));
    assert!(event["event.seq"].as_u64().is_some_and(|seq| seq > 0), "{event}");
}

#[tokio::test]
async fn a_refused_webhook_is_logged_with_its_delivery_id_and_nothing_of_its_body() {
    let log = Log::default();
    let _capture = capture("info", &log);
    let app = TestApp::start().await;
    let body = r#"{"secret-of-the-body":1}"#;
    let call = app.request(reqwest::Method::POST, "/api/connectors/basiq/webhook").body(body);
    assert_eq!(call.send().await.unwrap().status(), 401);
    let refused = log.line("a delivery was refused").expect("a line");
    assert!(refused["span"]["delivery.id"].as_str().is_some_and(|id| id.len() == 16), "{refused}");
    assert!(!format!("{:?}", log.lines()).contains("secret-of-the-body"));
}
