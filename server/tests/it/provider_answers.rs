//! Providers that require particular answers, and bodies in particular formats.

use std::sync::Arc;

use connectors::{Provider, Registry, Settings};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{SERVICE_SECRET, TestApp, config, post};

const SECRET: &str = "secret-of-the-tests";

/// A server with this provider's secret, and the provider.
async fn with(id: &str, setting: &str) -> (TestApp, Arc<dyn Provider>) {
    let mut config = config();
    config.connectors.set(setting, [SECRET]);
    let provider = Registry::new(&Settings::default().with(setting, [SECRET])).get(id).unwrap().clone();
    (TestApp::with(config).await, provider)
}

async fn send(app: &TestApp, provider: &dyn Provider, body: &str) -> Response {
    let headers = provider.sign("m", body.as_bytes(), app.now()).unwrap();
    post(app, provider.description().id, headers, body.as_bytes().to_vec()).await
}

/// The status, and whether the response has neither a body nor a cookie.
async fn bare(response: Response) -> (u16, bool) {
    let status = response.status().as_u16();
    let no_cookie = response.headers().get("set-cookie").is_none() && response.headers().get("content-type").is_none();
    (status, no_cookie && response.bytes().await.unwrap().is_empty())
}

#[tokio::test]
async fn xero_gets_200_and_401_without_a_body_when_it_tries_the_address() {
    let (app, xero) = with("xero", "XERO_WEBHOOK_KEY").await;
    let body = r#"{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}"#;
    assert_eq!(bare(send(&app, &*xero, body).await).await, (200, true));
    let wrong = vec![("x-xero-signature".to_owned(), "tIKZwPL22hILHx7NV2ZEJPRZHeszHtfx0K9xx7+9pl0=".to_owned())];
    assert_eq!(bare(post(&app, "xero", wrong, body.into()).await).await, (401, true));
    assert_eq!(bare(post(&app, "xero", vec![], body.into()).await).await, (401, true));
    assert_eq!(bare(send(&app, &*xero, "no JSON").await).await, (400, true));
    let mut unset = config();
    unset.connectors.set("XERO_WEBHOOK_KEY", [""; 0]);
    let unset = TestApp::with(unset).await;
    assert_eq!(bare(post(&unset, "xero", vec![], body.into()).await).await, (503, true));
}

#[tokio::test]
async fn gocardless_gets_498_for_a_bad_signature() {
    let (app, gocardless) = with("gocardless", "GOCARDLESS_WEBHOOK_SECRET").await;
    let body = r#"{"events":[{"id":"EV1","resource_type":"mandates","action":"created","links":{"mandate":"MD1"}}]}"#;
    assert_eq!(send(&app, &*gocardless, body).await.status(), 200);
    for headers in [vec![], vec![("webhook-signature".to_owned(), "00".repeat(32))]] {
        assert_eq!(post(&app, "gocardless", headers, body.into()).await.status().as_u16(), 498);
    }
}

#[tokio::test]
async fn transactions_in_a_webhook_of_teller_reach_their_owner_digit_for_digit() {
    let (app, teller) = with("teller", "TELLER_WEBHOOK_SECRET").await;
    let mut socket = app.signed_in("alice").await;
    let registered = app
        .request(Method::PUT, "/api/connectors/teller/connections/enr_1")
        .header("x-service-secret", SERVICE_SECRET)
        .json(&json!({ "userId": "alice" }))
        .send()
        .await
        .unwrap();
    assert_eq!(registered.status(), 201);
    assert_eq!(socket.expect("connection:updated").await["status"], json!("active"));
    // The first sync starts at once and fails: nothing was registered to ask with.
    assert_eq!(socket.expect("connection:updated").await["lastError"]["kind"], json!("configuration"));
    let body = r#"{"id":"wh_1","type":"transactions.processed","timestamp":"2026-04-16T03:49:29Z","payload":{"enrollment_id":"enr_1","transactions":[{"id":"txn_1","account_id":"acc_1","amount":"-42.50","date":"2026-04-15","description":"HARBOUR MARKET","status":"posted","type":"card_payment"}]}}"#;
    let first: Value = send(&app, &*teller, body).await.json().await.unwrap();
    assert_eq!(first, json!({ "success": true, "processed": 1 }));
    let again: Value = send(&app, &*teller, body).await.json().await.unwrap();
    assert_eq!(again["duplicate"], json!(true));
    let told = socket.expect("transaction:new").await;
    assert_eq!(
        (&told["transaction"]["currency"], &told["transaction"]["connectorId"]),
        (&json!("USD"), &json!("teller"))
    );
    socket.expect_nothing().await;
    let page = app.raw("alice", "/api/transactions").await;
    assert!(page.contains("\"amount\":-42.50,"), "{page}");
}
