//! The epoch as clients see it: a client cannot resume from a number of another epoch.

use reqwest::Method;
use serde_json::json;

use crate::support::{Basiq, Socket, TestApp, basiq_body};

async fn resumed(app: &TestApp, epoch: &str) -> Socket {
    let auth = json!({ "token": app.token("alice", 600), "since": 1, "epoch": epoch });
    Socket::connect(&app.address, Some(auth), &[]).await
}

#[tokio::test]
async fn a_client_of_another_epoch_reloads_and_one_of_this_epoch_resumes() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let summary = app.get("alice", "/api/summary").await;
    let epoch = summary["epoch"].as_str().unwrap().to_owned();

    let mut socket = resumed(&app, &epoch).await;
    assert_eq!(socket.expect("authenticated").await["epoch"], json!(epoch));
    assert_eq!(socket.expect("transaction:new").await["seq"], json!(2));

    let mut stale = resumed(&app, "another").await;
    assert_eq!(stale.expect("authenticated").await["epoch"], json!(epoch));
    let required = stale.expect("sync:required").await;
    assert_eq!(required, json!({ "reason": "epoch", "oldestSeq": 1, "seq": 2, "epoch": epoch }));
    // From then on it receives new events.
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t2", "-1")).await;
    assert_eq!(stale.expect("transaction:new").await["seq"], json!(3));
}

#[tokio::test]
async fn a_removed_connection_leaves_its_transactions_unless_they_are_purged() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let mut socket = app.signed_in("alice").await;
    let remove = |query: &str| {
        let path = format!("/api/connectors/basiq/connections/conn-1{query}");
        app.request(Method::DELETE, &path).bearer_auth(app.token("alice", 60)).send()
    };
    let count = || async { app.get("alice", "/api/transactions").await["transactions"].as_array().unwrap().len() };
    assert_eq!(remove("?purge=maybe").await.unwrap().status(), 400);
    assert_eq!(remove("").await.unwrap().status(), 200);
    assert_eq!((socket.expect("connection:updated").await["status"].clone(), count().await), (json!("deleted"), 1));
    assert_eq!(remove("?purge=true").await.unwrap().status(), 200);
    assert_eq!(socket.expect("transaction:deleted").await["transactionId"], json!("t1"));
    assert_eq!(count().await, 0);
}
