//! The order in which PostgreSQL's rows are locked.
//!
//! Owns that work on the queues of several users waits for another unit of work without holding what that one needs next:
//! otherwise the database undoes one of the two, after a second. Must not know what the work writes.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use sqlx::{Connection as _, PgConnection};
use tokio::time::{sleep, timeout};

use crate::changes::{delivery, transaction};
use crate::harness::{Harness, now};
use crate::postgres::Database;

/// In the order in which a batch of deliveries locks them.
const USERS: [&str; 3] = ["Bob", "alice", "carol"];

const TIMEOUT: Duration = Duration::from_secs(20);

const LOCK_OWNER: &str = "SELECT 1 FROM owners WHERE user_id = $1 FOR UPDATE";
const LOCK_QUEUE: &str = "SELECT 1 FROM outbox_users WHERE user_id = $1 FOR UPDATE";

/// A store with two pending calls of each user; the last user's queue was written first.
async fn queues(database: &Database) -> Arc<Harness> {
    let it = Arc::new(Harness::of(database).await);
    for user_id in USERS.into_iter().rev() {
        it.register(&format!("c-{user_id}"), user_id).await;
        let changes = vec![transaction("t1", "-1"), transaction("t2", "-1")];
        it.deliver(delivery(user_id, &format!("c-{user_id}"), changes)).await;
    }
    it
}

/// Locks the first user's row, starts the work, which has to wait, and locks the other users' rows as well.
async fn lock_in_order<T: Send + 'static>(
    database: &Database,
    lock: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    let [first, others @ ..] = USERS;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut batch = connection.begin().await.unwrap();
    // Less than the time after which the database looks for deadlocks.
    sqlx::query("SET LOCAL lock_timeout = 500").execute(&mut *batch).await.unwrap();
    sqlx::query(lock).bind(first).fetch_all(&mut *batch).await.unwrap();
    let working = tokio::spawn(work);
    timeout(TIMEOUT, until_a_lock_is_awaited(database)).await.unwrap();
    for user_id in others {
        sqlx::query(lock)
            .bind(user_id)
            .fetch_all(&mut *batch)
            .await
            .unwrap_or_else(|error| panic!("{user_id}: {error}"));
    }
    batch.commit().await.unwrap();
    working.await.unwrap()
}

async fn until_a_lock_is_awaited(database: &Database) {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut connection).await.unwrap() == 0 {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn ending_every_pause_waits_for_a_user_without_holding_the_next_ones() {
    let database = Database::new();
    let it = queues(&database).await;
    let until = now() + SignedDuration::from_secs(600);
    for user_id in USERS.into_iter().rev() {
        it.store.postpone(user_id.to_owned(), until, "it did not answer".to_owned()).await.unwrap();
    }
    let store = Arc::clone(&it.store);
    lock_in_order(&database, LOCK_QUEUE, async move { store.hurry().await }).await.unwrap();
    assert_eq!(it.store.due_users(now(), 10).await.unwrap().len(), USERS.len());
}

#[tokio::test]
async fn requeuing_dead_letters_waits_for_a_user_without_holding_the_next_ones() {
    for lock in [LOCK_OWNER, LOCK_QUEUE] {
        let database = Database::new();
        let it = queues(&database).await;
        for user_id in USERS.into_iter().rev() {
            let head = it.store.outgoing(user_id.to_owned(), 1).await.unwrap().remove(0);
            it.store.settle(user_id.to_owned(), head.id, Some("no".to_owned()), now()).await.unwrap();
        }
        let store = Arc::clone(&it.store);
        let revived = lock_in_order(&database, lock, async move { store.revive(None, now()).await }).await.unwrap();
        assert_eq!(revived.revived, USERS.len() as u64, "{lock}");
    }
}
