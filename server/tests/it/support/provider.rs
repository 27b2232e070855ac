//! A provider that signs its deliveries.

use connectors::{Registry, Settings};
use jiff::Timestamp;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::TestApp;

pub(crate) const BASIQ_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const APIDECK_SECRET: &str = "apideck-key-of-the-tests";

/// A body with its transaction, as in the original's guide.
pub(crate) fn basiq_body(connection_id: &str, transaction_id: &str, amount: &str) -> Value {
    json!({
        "event": "transaction.created",
        "data": {
            "connectionId": connection_id,
            "transaction": {
                "id": transaction_id,
                "account": "acc-1",
                "amount": amount,
                "description": "CORNER ESPRESSO",
                "status": "posted",
                "transactionDate": "2026-11-20T08:30:00Z",
            },
        },
    })
}

/// Sends deliveries like Basiq.
pub(crate) struct Basiq {
    secret: String,
    next: u32,
}

impl Default for Basiq {
    fn default() -> Self {
        Self { secret: BASIQ_SECRET.to_owned(), next: 0 }
    }
}

impl Basiq {
    pub(crate) fn with_secret(secret: &str) -> Self {
        Self { secret: secret.to_owned(), next: 0 }
    }

    pub(crate) fn sign(&self, id: &str, body: &[u8], now: Timestamp) -> Vec<(String, String)> {
        let settings = Settings::default().with("BASIQ_WEBHOOK_SECRET", [self.secret.clone()]);
        Registry::new(&settings).get("basiq").unwrap().sign(id, body, now).unwrap()
    }

    /// Sends a body with a new id.
    pub(crate) async fn send(&mut self, app: &TestApp, body: &Value) -> Response {
        self.next += 1;
        let id = format!("msg_{}_{}", self.next, uuid_like());
        self.send_as(app, &id, body.to_string().into_bytes()).await
    }

    /// Sends bytes with an id.
    pub(crate) async fn send_as(&self, app: &TestApp, id: &str, body: Vec<u8>) -> Response {
        let headers = self.sign(id, &body, app.now());
        post(app, "basiq", headers, body).await
    }

    /// Sends a body that must be accepted; returns the answer.
    pub(crate) async fn deliver(&mut self, app: &TestApp, body: &Value) -> Value {
        let response = self.send(app, body).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }
}

/// Posts bytes with headers to a connector.
pub(crate) async fn post(app: &TestApp, connector: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Response {
    let path = format!("/api/connectors/{connector}/webhook");
    let mut request = app.request(Method::POST, &path).header("content-type", "application/json").body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

/// Ids need to be unique only within a test's store.
fn uuid_like() -> String {
    format!("{:x}", Timestamp::now().as_nanosecond())
}
