//! What remains of a removed connection.
//!
//! Owns that the credentials for its provider do not remain. Must not check transactions.

use server::store::sqlite::SqliteStore;
use server::store::{Connections as _, Store as _, Syncs as _};
use wire::api::ConnectionRequest;

use crate::changes::{CONNECTOR, connector};
use crate::harness::now;

#[tokio::test]
async fn the_credentials_of_a_removed_connection_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = SqliteStore::open(&path, Box::new(|_| {})).unwrap();
    let request = ConnectionRequest { user_id: "alice".to_owned(), ..ConnectionRequest::default() };
    store.put_connection(connector(), "c1".to_owned(), request, now()).await.unwrap();
    store.set_credentials(CONNECTOR.to_owned(), "c1".to_owned(), b"sealed".to_vec()).await.unwrap();
    store.delete_connection(CONNECTOR.to_owned(), "c1".to_owned(), None, false, now()).await.unwrap();
    store.close().await;
    drop(store);
    let database = rusqlite::Connection::open(&path).unwrap();
    let left: i64 =
        database.query_row("SELECT count(*) FROM syncs WHERE credentials IS NOT NULL", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
