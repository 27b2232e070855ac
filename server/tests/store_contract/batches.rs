//! Deliveries that share a unit of work in PostgreSQL.
//!
//! Owns that they share one, and that none of them fails or waits because of another. Must not know how they are
//! collected.

use std::time::Duration;

use futures_util::future::join_all;
use server::store::{Error, Recorded};
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use crate::changes::{delivery, transaction};
use crate::harness::Harness;
use crate::postgres::Database;

const USERS: usize = 100;

/// This many users, each with a connection.
async fn with_users(database: &Database) -> Harness {
    let it = Harness::of(database).await;
    for number in 0..USERS {
        it.register(&format!("c{number}"), &format!("user-{number}")).await;
    }
    it
}

#[tokio::test]
async fn deliveries_that_come_at_once_share_commits() {
    let database = Database::new();
    let it = with_users(&database).await;
    let deliveries = (0..USERS)
        .map(|number| it.deliver(delivery(&format!("k{number}"), &format!("c{number}"), vec![transaction("t", "-1")])));
    let recorded = join_all(deliveries).await;
    assert!(recorded.iter().all(|recorded| matches!(recorded, Recorded::Applied(_))), "{recorded:?}");
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let commits: i64 = sqlx::query_scalar("SELECT count(DISTINCT xmin::text) FROM deliveries")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(commits <= 10, "{USERS} deliveries took {commits} commits");
}

#[tokio::test]
async fn a_delivery_that_cannot_be_stored_fails_alone() {
    let it = with_users(&Database::new()).await;
    let deliveries = (0..USERS).map(|number| {
        let id = if number == 7 { "a\0b" } else { "t" };
        let new = delivery(&format!("k{number}"), &format!("c{number}"), vec![transaction(id, "-1")]);
        it.store.record_delivery(new, it.now())
    });
    for (number, recorded) in join_all(deliveries).await.into_iter().enumerate() {
        match number {
            7 => assert!(matches!(recorded, Err(Error::Invalid(_))), "{recorded:?}"),
            _ => assert!(matches!(recorded, Ok(Recorded::Applied(_))), "{recorded:?}"),
        }
    }
}

#[tokio::test]
async fn users_whom_another_node_holds_up_hold_up_no_others() {
    let database = Database::new();
    let it = with_users(&database).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    // As many users as a node has connections to the database; the locks are like those of a node that hangs.
    let mut locked = connection.begin().await.unwrap();
    let lock = "SELECT id FROM owners WHERE user_id = ANY($1) FOR UPDATE";
    let held_up: Vec<String> = (0..20).map(|number| format!("user-{number}")).collect();
    sqlx::query(lock).bind(&held_up).fetch_all(&mut *locked).await.unwrap();
    let deliver = |number: usize| {
        it.deliver(delivery(&format!("k{number}"), &format!("c{number}"), vec![transaction("t", "-1")]))
    };
    // Successively, so that they are in more batches than run at once.
    let mut waiting: Vec<_> = (0..4).map(|part| Box::pin(join_all((5 * part..5 * (part + 1)).map(deliver)))).collect();
    for waiting in &mut waiting {
        assert!(timeout(Duration::from_millis(100), waiting).await.is_err(), "they wait");
    }
    let others = timeout(Duration::from_secs(4), join_all((20..USERS).map(deliver))).await.unwrap();
    assert!(others.iter().all(|recorded| matches!(recorded, Recorded::Applied(_))), "{others:?}");
    locked.rollback().await.unwrap();
    let waited = join_all(waiting).await.concat();
    assert!(waited.iter().all(|recorded| matches!(recorded, Recorded::Applied(_))), "{waited:?}");
}
