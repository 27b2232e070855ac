//! A store that has rows in every table, and a store's answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use connectors::{Headers, Wanted};
use jiff::{SignedDuration, Timestamp};
use ledger::{Change, Update};
use reqwest::Method;
use serde_json::json;
use server::store::{
    Budget, ConnectAttempt, Content, NewDelivery, ProviderKey, Record, Session, Store, SyncRequest, Urgency, User,
};
use server::telemetry::spans::Arrival;
use wire::api::TransactionQuery;
use wire::{Currency, TransactionStatus};

use crate::support::{Basiq, CoreAppDouble, Mood, SERVICE_SECRET, TestApp, basiq_body, forwarding};

const TOKEN: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 0,
    255,
];
const NUL_AND_MORE: &[u8] = b"\x00\x01\xff sealed \x00";

/// The id of a delivery that is repeated, with its body.
pub(super) const REPEATED: (&str, &str) = ("msg_repeated", "t-repeated");

/// Fills a database through a server's webhooks and calls, and stops the server.
pub(super) async fn fill(file: &Path) {
    let core_app = CoreAppDouble::start().await;
    let mut settings = forwarding(&core_app.address);
    settings.database = file.to_owned().into();
    let mut app = TestApp::with(settings).await;
    for user in ["alice", "bob", "carol"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    core_app.answer("t-refused", &[422]);
    let mut basiq = Basiq::default();
    for body in [
        basiq_body("conn-alice", "t-refused", "-1"),
        basiq_body("conn-alice", "t1", "-50.10"),
        basiq_body("conn-alice", "t2", "90071992547409.93"),
        basiq_body("conn-bob", "t1", "0.00"),
        basiq_body("conn-carol", "t1", "-3"),
    ] {
        basiq.deliver(&app, &body).await;
    }
    core_app.taken(4).await;
    core_app.be(Mood::Answers(500)).await;
    let mut deletion = basiq_body("conn-alice", "t2", "-1");
    deletion["event"] = json!("transaction.deleted");
    let mut odd = basiq_body("conn-bob", "t-odd", "-7.50");
    odd["data"]["transaction"]["description"] = json!("\u{1f375} Tee \\ \t\"quoted\"\nTe\u{301}");
    for body in [
        basiq_body("conn-alice", "t1", "-50.20"),
        deletion,
        odd,
        basiq_body("conn-unknown", "t1", "-1"),
        json!({ "event": "of.a.new.kind", "data": {} }),
    ] {
        basiq.deliver(&app, &body).await;
    }
    let (id, transaction) = REPEATED;
    let body = basiq_body("conn-alice", transaction, "-9").to_string().into_bytes();
    assert_eq!(basiq.send_as(&app, id, body).await.status(), 200);
    let removed = app.request(Method::DELETE, "/api/connectors/basiq/connections/conn-carol");
    assert!(removed.header("x-service-secret", SERVICE_SECRET).send().await.unwrap().status().is_success());
    fill_beside(&*app.state.store, app.now()).await;
    app.stop().await.unwrap();
}

/// Adds the rows that no webhook of these tests causes.
async fn fill_beside(store: &dyn Store, now: Timestamp) {
    let (basiq, alice) = ("basiq".to_owned(), "alice".to_owned());
    let connection = "conn-alice".to_owned();
    let user = User {
        user_id: alice.clone(),
        email: "ada@example.com".to_owned(),
        display_name: "Ada \u{1f375}".to_owned(),
        password_hash: "$argon2id$".to_owned(),
    };
    store.add_user(user, now).await.unwrap();
    let session = Session {
        user_id: alice.clone(),
        display_name: "Ada".to_owned(),
        expires_at: now + SignedDuration::from_hours(12),
    };
    store.add_session(TOKEN, session, now).await.unwrap();
    store.keep_provider_user(basiq.clone(), alice.clone(), "user-at-basiq".to_owned()).await.unwrap();
    let attempt = ConnectAttempt {
        connector_id: basiq.clone(),
        user_id: alice.clone(),
        provider_user: "user-at-basiq".to_owned(),
        connection_id: None,
        token: Some("job".to_owned()),
    };
    let (state, soon) = ([7; 32], now + SignedDuration::from_mins(30));
    store.begin_connect(state, attempt, soon, now).await.unwrap();
    let parameters = BTreeMap::from([("jobIds".to_owned(), "1".to_owned())]);
    store.return_connect(state, basiq.clone(), alice, parameters, now).await.unwrap();
    let budget = Budget { times: 1, within: Duration::from_secs(3_600) };
    assert_eq!(store.take_refresh(basiq.clone(), connection.clone(), budget, now).await.unwrap(), None);
    let (provider, name, until) = ("plaid".to_owned(), "key-1".to_owned(), i64::MAX);
    let key = ProviderKey { provider, name, bytes: NUL_AND_MORE.to_vec(), until };
    store.keep_provider_key(key, now).await.unwrap();
    store
        .request_sync(
            basiq.clone(),
            connection.clone(),
            SyncRequest::from(Wanted::Transactions),
            Urgency::AfterPause,
            now,
        )
        .await
        .unwrap();
    store.set_credentials(basiq, connection, NUL_AND_MORE.to_vec()).await.unwrap();
    let pending = with_status("p1", TransactionStatus::Pending, None);
    store.record_delivery(delivery("k1", pending), now).await.unwrap();
    let posted = with_status("p2", TransactionStatus::Posted, Some("p1"));
    store.record_delivery(delivery("k2", posted), now).await.unwrap();
}

fn with_status(id: &str, status: TransactionStatus, predecessor: Option<&str>) -> Change {
    let mut change = Change::example(id, "-10");
    if let Update::Transaction(new) = &mut change.update {
        (new.status, new.predecessor) = (Some(status), predecessor.map(str::to_owned));
    }
    change
}

fn delivery(key: &str, change: Change) -> NewDelivery {
    NewDelivery {
        connector: ledger::Connector {
            id: "basiq".into(),
            connector_type: "bank".into(),
            source: "BANK_API".into(),
            default_currency: Currency::AUD,
        },
        delivery: Record { headers: Headers::default(), body: NUL_AND_MORE.to_vec(), key: key.to_owned() },
        content: Content::Changes { connection_id: "conn-bob".to_owned(), changes: vec![change], rejected: vec![] },
        register: None,
        arrived: Arrival::now(),
    }
}

/// A store's answers to every query.
pub(super) async fn answers(store: &dyn Store, now: Timestamp) -> Vec<String> {
    let mut answers = vec![store.epoch().to_string()];
    let mut add = |what: &str, answer: &dyn std::fmt::Debug| answers.push(format!("{what}: {answer:?}"));
    for user in ["alice", "bob", "carol"] {
        let query = TransactionQuery { limit: Some(500), ..TransactionQuery::default() };
        add("transactions", &store.transactions(user.to_owned(), query).await.unwrap());
        let query = TransactionQuery { since: Some(2), q: Some("espresso".to_owned()), ..TransactionQuery::default() };
        add("changed", &store.transactions(user.to_owned(), query).await.unwrap());
        add("accounts", &store.accounts(user.to_owned()).await.unwrap());
        add("summary", &store.summary(user.to_owned(), now).await.unwrap());
        add("ends", &store.log_ends(user.into()).await.unwrap());
        add("events", &store.events_after(user.into(), 0, 1_000).await.unwrap());
        add("outgoing", &store.outgoing(user.to_owned(), 1_000).await.unwrap());
    }
    for entry in store.inbox(false, 1_000).await.unwrap() {
        add("entry", &entry);
        let kept = store.delivery(entry.id).await.unwrap();
        add("delivery", &(kept.id, kept.connector_id, kept.delivery.into_parts()));
    }
    add("kept", &store.inbox(true, 1_000).await.unwrap());
    add("connections", &store.connections(None, None).await.unwrap());
    add("outbox", &store.outbox_state().await.unwrap());
    add("dead", &store.dead_letters(100).await.unwrap());
    add("stuck", &store.stuck_queues(0, 100).await.unwrap());
    let session = store.session(TOKEN, now).await.unwrap().unwrap();
    add("session", &(session.user_id, session.display_name, session.expires_at));
    add("user", &store.user_by_email("ADA@example.com".to_owned()).await.unwrap().unwrap().password_hash);
    let keys = store.provider_keys(now).await.unwrap();
    add("keys", &keys.into_iter().map(|key| (key.provider, key.name, key.bytes, key.until)).collect::<Vec<_>>());
    let (basiq, connection) = ("basiq".to_owned(), "conn-alice".to_owned());
    add("credentials", &store.credentials(basiq.clone(), connection).await.unwrap());
    add("user there", &store.provider_user(basiq, "alice".to_owned()).await.unwrap());
    add("returned", &store.claim_connects(Duration::ZERO).await.unwrap());
    add("next sync", &store.next_sync(now).await.unwrap());
    answers
}
