//! Units of work in progress when a lease in PostgreSQL changes hands.
//!
//! Owns that the new holder of a lease finds everything that was ever written under it. Must not know the work.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::time::{sleep, timeout};

use crate::harness::{Harness, now};
use crate::postgres::Database;
use crate::users::user;

const SHORT: Duration = Duration::from_millis(400);

#[tokio::test]
async fn a_lease_changes_hands_only_after_what_was_begun_under_it() {
    let database = Database::new();
    let (one, other) = (Harness::of(&database).await, Harness::of(&database).await);
    let lease = one.store.acquire_lease("work", "one".to_owned(), SHORT).await.unwrap().unwrap();
    // Another transaction holds up the unit of work until the lease has expired.
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut locked = connection.begin().await.unwrap();
    let insert = "INSERT INTO users VALUES ('alice', 'alice@example.com', '', '', 0)";
    sqlx::query(insert).execute(&mut *locked).await.unwrap();
    let working = Arc::clone(&one.store).under(lease);
    let unit = tokio::spawn(async move { working.add_user(user("alice", "alice@example.com"), now()).await });
    sleep(SHORT * 3 / 2).await;

    let acquire = || other.store.acquire_lease("work", "other".to_owned(), SHORT);
    assert!(timeout(SHORT, acquire()).await.is_err(), "it waits for the unit of work");
    let (taken, ()) = tokio::join!(acquire(), async { locked.rollback().await.unwrap() });
    assert!(taken.unwrap().is_some());
    assert!(other.store.user_by_email("alice@example.com".to_owned()).await.unwrap().is_some());
    unit.await.unwrap().unwrap();
}
