//! A database that has lost the end of its log.
//!
//! Owns when a new epoch begins. Must not check how clients learn of it.

use std::path::Path;

use server::store::sqlite::SqliteStore;
use server::store::{Connections as _, Deliveries as _, Error, EventLog as _, Queries as _, Store as _};

use crate::changes::{connector, delivery, transaction};
use crate::harness::now;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Box::new(|_| {})).unwrap()
}

async fn deliver(store: &SqliteStore, key: &str) {
    let request = wire::api::ConnectionRequest { user_id: "alice".to_owned(), ..Default::default() };
    store.put_connection(connector(), "c1".to_owned(), request, now()).await.unwrap();
    store.record_delivery(delivery(key, "c1", vec![transaction(key, "-1")]), now()).await.unwrap();
}

#[tokio::test]
async fn a_restored_copy_is_a_new_epoch_and_the_former_database_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("t.db"), folder.path().join("copy.db"));
    let store = open(&path);
    deliver(&store, "k1").await;
    SqliteStore::copy(&path, &copy).unwrap();
    deliver(&store, "k2").await;
    let epoch = store.epoch();
    assert!(matches!(SqliteStore::restore(&copy, &path), Err(Error::Conflict(_))), "a server runs on it");
    store.close().await;
    drop(store);

    let former = SqliteStore::restore(&copy, &path).unwrap().unwrap();
    let restored = open(&path);
    assert_ne!(restored.epoch(), epoch);
    let count = |store: SqliteStore| async move {
        store.transactions("alice".to_owned(), wire::api::TransactionQuery::default()).await.unwrap().transactions.len()
    };
    assert_eq!((count(restored).await, count(open(&former)).await), (1, 2));
    let missing = SqliteStore::restore(&folder.path().join("none.db"), &path).unwrap_err().to_string();
    assert!(missing.contains("there is no such file"), "{missing}");
}

#[tokio::test]
async fn an_older_file_put_back_by_hand_is_a_new_epoch_and_the_same_file_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("t.db"), folder.path().join("copy.db"));
    let store = open(&path);
    deliver(&store, "k1").await;
    let epoch = store.epoch();
    SqliteStore::copy(&path, &copy).unwrap();
    deliver(&store, "k2").await;
    store.close().await;
    drop(store);
    assert_eq!(open(&path).epoch(), epoch, "nothing was lost");
    std::fs::copy(&copy, &path).unwrap();
    assert_ne!(open(&path).epoch(), epoch);
}
