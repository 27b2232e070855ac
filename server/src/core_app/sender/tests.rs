//! The sender against a local HTTP server.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use http::HeaderMap;
use parking_lot::Mutex;
use tokio::net::TcpListener;

use super::*;

const SECRET: &str = "a-service-secret";

/// A request that was received.
#[derive(Clone, Debug)]
struct Received {
    method: String,
    target: String,
    headers: HeaderMap,
}

/// A core app that answers every request with one status, and records it.
#[derive(Clone)]
struct CoreApp {
    status: StatusCode,
    requests: Arc<Mutex<Vec<Received>>>,
}

async fn receive(State(core_app): State<CoreApp>, request: Request) -> StatusCode {
    let (method, target) = (request.method().to_string(), request.uri().to_string());
    core_app.requests.lock().push(Received { method, target, headers: request.headers().clone() });
    core_app.status
}

/// Sends one call to a server that answers with this status; returns the outcome and the requests that the server
/// received.
async fn send(call: &Call, status: u16) -> (Outcome, Vec<Received>) {
    let core_app = CoreApp { status: StatusCode::from_u16(status).expect("a status"), requests: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(receive).with_state(core_app.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let sender = Sender::new(&url, Secret::new(SECRET), Duration::from_secs(5)).expect("a sender");
    let outcome = sender.send(call, "basiq:t1:deleted").await;
    serving.abort();
    let requests = core_app.requests.lock().clone();
    (outcome, requests)
}

fn deletion(transaction_id: &str) -> Call {
    let key = TransactionKey {
        connector_id: "basiq".to_owned(),
        connection_id: "conn 1".to_owned(),
        account_id: "a&b".to_owned(),
        transaction_id: transaction_id.to_owned(),
    };
    Call::Delete { user_id: "alice".to_owned(), key }
}

fn transaction() -> Call {
    let text = r#"{"id":"x","transactionId":"t1","userId":"alice","connectorId":"basiq","connectorType":"bank",
        "connectionId":"conn-1","accountId":"a","amount":-1,"currency":"AUD","date":"2026-11-20T08:30:00Z",
        "description":"Lunch","primaryType":"expense","source":"BANK_API","revision":1,"tags":[]}"#;
    Call::Put(Box::new(serde_json::from_str(text).expect("a transaction")))
}

#[tokio::test]
async fn a_deletion_names_the_transaction_in_its_path_and_the_account_in_its_query() {
    let (outcome, requests) = send(&deletion("a/b c?d%2e#é"), 204).await;
    assert_eq!(outcome, Outcome::Delivered);
    let [Received { method, target, headers }] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(method, "DELETE");
    let path = "/api/bank/transactions/a%2Fb%20c%3Fd%252e%23%C3%A9";
    assert_eq!(target, &format!("{path}?connectorId=basiq&connectionId=conn+1&accountId=a%26b"));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(header("x-service-secret"), SECRET);
    assert_eq!(header("authorization"), format!("Bearer {SECRET}"));
    assert_eq!((header("x-user-id"), header("idempotency-key")), ("alice", "basiq:t1:deleted"));
}

#[tokio::test]
async fn an_id_that_would_mean_another_address_is_never_sent() {
    for id in [".", "..", ""] {
        let (outcome, requests) = send(&deletion(id), 200).await;
        assert!(matches!(outcome, Outcome::Rejected(_)) && requests.is_empty(), "{id:?}: {outcome:?} {requests:?}");
    }
    // Percent-encoding the `%` makes it an ordinary segment.
    let (_, requests) = send(&deletion("%2e%2e"), 200).await;
    assert!(requests[0].target.starts_with("/api/bank/transactions/%252e%252e?"), "{requests:?}");
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    let (put, delete) = (transaction(), deletion("t1"));
    for (status, of_put, of_delete) in [
        (200, "delivered", "delivered"),
        (201, "delivered", "delivered"),
        (204, "delivered", "delivered"),
        (302, "retry", "retry"),
        (308, "retry", "retry"),
        (400, "rejected", "rejected"),
        (401, "unauthorized", "unauthorized"),
        (403, "unauthorized", "unauthorized"),
        (404, "rejected", "delivered"),
        (405, "rejected", "not_supported"),
        (408, "retry", "retry"),
        (409, "rejected", "rejected"),
        (410, "rejected", "delivered"),
        (425, "retry", "retry"),
        (429, "retry", "retry"),
        (500, "retry", "retry"),
        (501, "retry", "not_supported"),
        (503, "retry", "retry"),
    ] {
        assert_eq!(send(&put, status).await.0.label(), of_put, "POST {status}");
        assert_eq!(send(&delete, status).await.0.label(), of_delete, "DELETE {status}");
    }
}
