//! Moves and purges that a crash has interrupted.
//!
//! Owns that they finish after the next start, without any incoming call. Must not know how they are split.

use std::path::Path;

use server::store::sqlite::SqliteStore;
use server::store::{Connections as _, Deliveries as _, EventLog as _, Queries as _, Store as _};
use wire::api::{ConnectionRequest, TransactionQuery};

use crate::changes::{CONNECTOR, connector, delivery, transaction};
use crate::harness::now;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Box::new(|_| {})).unwrap()
}

/// A store whose connection `c1` was removed, with these statements applied to imitate a crash.
async fn left_by_a_crash(path: &Path, statements: &str) -> SqliteStore {
    let store = open(path);
    for connection in ["c1", "c2"] {
        let request = ConnectionRequest { user_id: "alice".to_owned(), ..ConnectionRequest::default() };
        store.put_connection(connector(), connection.to_owned(), request, now()).await.unwrap();
    }
    let changes = (0..300).map(|number| transaction(&format!("t{number}"), "-1")).collect();
    store.record_delivery(delivery("k1", "c1", changes), now()).await.unwrap();
    store.delete_connection(CONNECTOR.to_owned(), "c1".to_owned(), None, false, now()).await.unwrap();
    store.close().await;
    drop(store);
    rusqlite::Connection::open(path).unwrap().execute_batch(statements).unwrap();
    open(path)
}

#[tokio::test]
async fn a_move_goes_on_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let adopted = "UPDATE accounts SET connection = (SELECT id FROM connections WHERE connection_id = 'c2'),
        moved_from = 'c1', moved_since = (SELECT seq FROM owners), moved_up_to = -9223372036854775808";
    let store = left_by_a_crash(&folder.path().join("t.db"), adopted).await;
    let before = store.log_ends("alice".into()).await.unwrap().newest;
    store.finish_moves(now()).await.unwrap();
    let log = store.events_after("alice".into(), before, 1000).await.unwrap();
    assert_eq!(log.iter().filter(|event| event.payload.get().contains("\"previousConnectionId\":\"c1\"")).count(), 300);
    store.finish_moves(now()).await.unwrap();
    assert_eq!(store.log_ends("alice".into()).await.unwrap().newest, before + 300, "once");
}

#[tokio::test]
async fn a_purge_goes_on_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let begun = "UPDATE connections SET is_purging = 1 WHERE connection_id = 'c1'";
    let store = left_by_a_crash(&folder.path().join("t.db"), begun).await;
    store.finish_moves(now()).await.unwrap();
    let left = store.transactions("alice".to_owned(), TransactionQuery::default()).await.unwrap();
    assert!(left.transactions.is_empty());
}
