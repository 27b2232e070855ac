//! A database of an earlier release.
//!
//! Owns that it has the same data after its first start: `fixtures/layout_9.sql` is a database from a server of version
//! 9, with each kind of row.

use std::path::Path;

use rusqlite::Connection;
use server::store::sqlite::SqliteStore;
use server::store::{EventLog as _, Inbox as _, Outbox as _, Queries as _, Store as _};
use wire::api::TransactionQuery;

use crate::harness::now;

fn fixture(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch(include_str!("../fixtures/layout_9.sql")).unwrap();
    database
}

/// The first column of some rows.
fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[tokio::test]
async fn a_database_of_an_earlier_release_holds_the_same_data_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let old = fixture(&path);
    let bodies = texts(&old, "SELECT body FROM transactions WHERE user_id = 'alice' ORDER BY date_ms DESC, id DESC");
    let events = texts(&old, "SELECT payload FROM events WHERE user_id = 'alice' ORDER BY seq");
    let deliveries = texts(&old, "SELECT delivery_key || verdict || coalesce(reason, '') FROM deliveries ORDER BY id");
    let accounts = texts(
        &old,
        "SELECT account_id || coalesce(balance, '') FROM accounts WHERE user_id = 'alice' ORDER BY account_id",
    );
    let outbox = texts(&old, "SELECT idempotency_key FROM outbox WHERE user_id = 'alice' ORDER BY id");
    assert!(bodies.len() > 3 && events.len() > 5 && deliveries.len() > 8 && !outbox.is_empty());
    drop(old);

    let store = SqliteStore::open(&path, Box::new(|_| {})).unwrap();
    let page = store.transactions("alice".to_owned(), TransactionQuery::default()).await.unwrap();
    let expected: Vec<wire::Transaction> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(page.transactions, expected);
    let since = TransactionQuery { since: Some(0), ..TransactionQuery::default() };
    let mut changed = store.transactions("alice".to_owned(), since).await.unwrap().transactions;
    let mut all = page.transactions;
    for transactions in [&mut changed, &mut all] {
        transactions.sort_by(|one, other| one.transaction_id.cmp(&other.transaction_id));
    }
    assert_eq!(changed, all, "a client that was away finds each");
    let log = store.events_after("alice".into(), 0, 1000).await.unwrap();
    assert_eq!(log.iter().map(|event| event.payload.get()).collect::<Vec<_>>(), events);
    let mut inbox = store.inbox(false, 100).await.unwrap();
    inbox.reverse();
    let kept = inbox.iter().map(|it| format!("{}{}{}", it.key, it.verdict, it.reason.as_deref().unwrap_or_default()));
    assert_eq!(kept.collect::<Vec<_>>(), deliveries);
    let of_alice = store.accounts("alice".to_owned()).await.unwrap();
    let mut of_alice: Vec<_> = of_alice
        .into_iter()
        .map(|it| format!("{}{}", it.account_id, it.balance.map(|amount| amount.to_string()).unwrap_or_default()))
        .collect();
    of_alice.sort();
    assert_eq!(of_alice, accounts);
    let outgoing = store.outgoing("alice".to_owned(), 100).await.unwrap();
    assert_eq!(outgoing.into_iter().map(|it| it.idempotency_key).collect::<Vec<_>>(), outbox);
    // Deleted transactions stay deleted, and the delivery of a connection that is registered now is applied.
    let deleted = texts(&Connection::open(&path).unwrap(), "SELECT transaction_id FROM tombstones");
    assert_eq!(deleted, ["t3"]);
    store.check(now()).await.unwrap();
    store.close().await;
    drop(store);
    SqliteStore::open(&path, Box::new(|_| {})).unwrap();
}
