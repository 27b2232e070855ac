//! The state of a connection, over HTTP and in its events.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider_sim::{Fault, Rule};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{SERVICE_SECRET, Socket, TestApp, code};
use crate::sync::Setting;

/// A user's only connection, of any connector.
async fn shown(app: &TestApp, user_id: &str) -> Value {
    let answer = app.get(user_id, "/api/connections").await;
    assert_eq!(answer["success"], json!(true));
    let [connection] = answer["connections"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    connection.clone()
}

/// The next event with this name.
async fn next(socket: &mut Socket, wanted: &str) -> Value {
    loop {
        let (name, payload) = socket.event().await;
        if name == wanted {
            return payload;
        }
    }
}

/// The next failure that a connection reports.
async fn failure(socket: &mut Socket) -> Value {
    loop {
        let payload = next(socket, "connection:updated").await;
        if payload.get("lastError").is_some() {
            return payload;
        }
    }
}

async fn sync_now(setting: &Setting) {
    let path = format!("/api/connectors/basiq/connections/{}/sync", setting.connection.id);
    let request = setting.app.request(Method::POST, &path).bearer_auth(setting.app.token("alice", 60));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);
}

fn hourly(config: &mut server::config::Config) {
    config.sync.every = Some(Duration::from_secs(3_600));
}

fn time(connection: &Value, name: &str) -> Timestamp {
    connection[name].as_str().unwrap_or_else(|| panic!("no {name} in {connection}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_says_when_it_was_asked_and_is_asked_next_and_when_something_happened_last() {
    let setting = Setting::with(5, hourly).await;
    let mut socket = setting.app.signed_in("alice").await;
    let began = setting.app.now();
    setting.register().await;
    next(&mut socket, "sync:complete").await;
    let connection = shown(&setting.app, "alice").await;
    let now = setting.app.now();
    for name in ["lastEventAt", "lastSyncAt"] {
        assert!((began..=now).contains(&time(&connection, name)), "{name} of {connection}");
    }
    let minutes = time(&connection, "nextSyncAt").duration_since(now).as_mins();
    assert!((58..=60).contains(&minutes), "asked again in {minutes} minutes");
    assert_eq!((&connection["status"], &connection["canSync"]), (&json!("active"), &json!(true)));
    assert_eq!((connection.get("lastError"), connection.get("rejected")), (None, None));
    // The connector's own list agrees.
    let list = setting.app.get("alice", "/api/connectors/basiq/connections").await;
    assert_eq!(list["connections"], json!([connection]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_run_is_told_with_its_reason_and_its_recovery_as_well() {
    let setting = Setting::with(5, hourly).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    next(&mut socket, "sync:complete").await;
    let before = shown(&setting.app, "alice").await;

    setting.basiq.faults().add(Rule::new(Fault::Status(503)).on("GET /users/{userId}/connections/{connectionId}"));
    sync_now(&setting).await;
    let told = failure(&mut socket).await;
    assert_eq!((&told["status"], &told["connectorId"]), (&json!("active"), &json!("basiq")));
    assert_eq!(told["lastError"]["kind"], json!("temporary"));
    let failed = shown(&setting.app, "alice").await;
    assert_eq!(failed["lastError"]["kind"], json!("temporary"));
    assert!(failed["lastError"]["reason"].as_str().is_some_and(|reason| reason.contains("503")), "{failed}");
    assert!(time(&failed["lastError"], "at") >= time(&before, "lastSyncAt"));
    assert!(time(&failed, "nextSyncAt") < time(&before, "nextSyncAt"), "it is tried again before its schedule");
    for name in ["status", "lastEventAt", "lastSyncAt"] {
        assert_eq!(failed[name], before[name], "{name}");
    }

    setting.basiq.faults().clear();
    let told = loop {
        // An attempt may be in progress.
        let told = next(&mut socket, "connection:updated").await;
        if told.get("lastError").is_none() {
            break told;
        }
    };
    assert_eq!(told["status"], json!("active"));
    next(&mut socket, "sync:complete").await;
    let recovered = shown(&setting.app, "alice").await;
    assert_eq!((recovered.get("lastError"), &recovered["status"]), (None, &json!("active")));
    assert!(time(&recovered, "lastSyncAt") >= time(&failed["lastError"], "at"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_operator_and_what_the_person_has_to_set_right_is_told() {
    let setting = Setting::start(5).await;
    let mut socket = setting.app.signed_in("alice").await;
    // Registered without Basiq's user id.
    assert_eq!(setting.app.register(&setting.connection.id, "alice").await.status(), StatusCode::CREATED);
    let told = failure(&mut socket).await;
    assert_eq!((&told["lastError"]["kind"], &told["status"]), (&json!("configuration"), &json!("active")));
    let reason = shown(&setting.app, "alice").await["lastError"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("externalUserId"), "{reason}");

    let path = format!("/api/connectors/basiq/connections/{}", setting.connection.id);
    let request = setting.app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
    let body = json!({ "userId": "alice", "externalUserId": setting.user });
    assert_eq!(request.json(&body).send().await.unwrap().status(), StatusCode::OK);
    next(&mut socket, "sync:complete").await;

    assert_eq!(shown(&setting.app, "alice").await.get("lastError"), None);

    // The bank requires a new sign-in: a complete run reports that.
    setting.basiq.webhooks().unsubscribe();
    setting.basiq.invalidate(&setting.connection.id).unwrap();
    sync_now(&setting).await;
    assert_eq!(next(&mut socket, "connection:updated").await["status"], json!("invalid"));
    assert_eq!(shown(&setting.app, "alice").await["status"], json!("invalid"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_its_provider_no_longer_has_says_so() {
    let setting = Setting::start(5).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    next(&mut socket, "sync:complete").await;
    setting.basiq.webhooks().unsubscribe();
    setting.basiq.delete(&setting.connection.id).unwrap();
    sync_now(&setting).await;
    failure(&mut socket).await;
    let connection = shown(&setting.app, "alice").await;
    assert_eq!((&connection["lastError"]["kind"], &connection["status"]), (&json!("gone"), &json!("deleted")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_their_own_connections_through_every_connector() {
    let app = TestApp::start().await;
    for (connector, connection, user) in
        [("basiq", "c1", "alice"), ("apideck", "xero+alice", "alice"), ("basiq", "c3", "bob")]
    {
        let path = format!("/api/connectors/{connector}/connections/{connection}");
        let request = app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
        let answer: Value = request.json(&json!({ "userId": user })).send().await.unwrap().json().await.unwrap();
        // Neither connection has credentials to sync with.
        assert_eq!(answer["connection"]["canSync"], json!(false));
    }
    for (user, expected) in [("alice", &["c1", "xero+alice"][..]), ("bob", &["c3"]), ("carol", &[])] {
        let answer = app.get(user, "/api/connections").await;
        let ids: Vec<_> =
            answer["connections"].as_array().unwrap().iter().map(|it| it["connectionId"].as_str().unwrap()).collect();
        assert_eq!(ids, expected);
    }
    let stranger = app.request(Method::GET, "/api/connections").send().await.unwrap();
    assert_eq!(code(stranger).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_the_last_event_of_its_own_connection() {
    let setting = Setting::start(1).await;
    let mut socket = setting.app.signed_in("alice").await;
    setting.register().await;
    next(&mut socket, "sync:complete").await;
    let before = time(&shown(&setting.app, "alice").await, "lastEventAt");
    setting.app.advance(60);
    sync_now(&setting).await;
    next(&mut socket, "sync:complete").await;
    assert_eq!(time(&shown(&setting.app, "alice").await, "lastEventAt"), before, "nothing was new");
    setting.purchase(-450, "SINGLE O SURRY HILLS");
    setting.refresh();
    next(&mut socket, "transaction:new").await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while time(&shown(&setting.app, "alice").await, "lastEventAt") <= before {
        assert!(Instant::now() < deadline, "the transaction did not count");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
