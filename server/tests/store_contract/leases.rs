//! The promises of every store of several nodes about leases.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::sync::Arc;
use std::time::Duration;

use server::store::{Error, Lease};
use tokio::time::sleep;

use crate::harness::{Harness, Open, now};
use crate::users::user;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

async fn acquire(node: &Harness, holder: &str, lasts: Duration) -> Option<Lease> {
    node.store.acquire_lease("work", holder.to_owned(), lasts).await.unwrap()
}

async fn renew(node: &Harness, lease: &Lease, lasts: Duration) -> bool {
    node.store.renew_lease(lease.clone(), lasts).await.unwrap()
}

pub async fn a_lease_is_one_holders_until_it_expires_or_is_released(open: &dyn Open) {
    let (one, other) = (Harness::of(open).await, Harness::of(open).await);
    let first = acquire(&one, "one", LONG).await.unwrap();
    assert_eq!((first.name, first.holder.as_str()), ("work", "one"));
    assert_eq!(acquire(&other, "other", LONG).await, None);
    let another = other.store.acquire_lease("other work", "other".to_owned(), LONG).await.unwrap();
    assert!(another.is_some());
    // As if it had been acquired before a failover that lost it.
    let lost = Lease { holder: "other".to_owned(), ..first.clone() };
    other.store.release_lease(lost.clone()).await.unwrap();
    assert!(!renew(&other, &lost, LONG).await);
    assert!(other.store.clone().under(lost).add_user(user("bob", "bob@example.com"), now()).await.is_err());
    assert!(renew(&one, &first, SHORT).await);
    sleep(SHORT + SHORT / 3).await;
    assert!(!renew(&one, &first, LONG).await, "it has expired, though nobody else has it");
    let second = acquire(&other, "other", LONG).await.unwrap();
    assert!(second.token > first.token);
    assert!(!renew(&one, &first, LONG).await);
    one.store.release_lease(first).await.unwrap();
    assert!(renew(&other, &second, LONG).await);
    assert_eq!(acquire(&one, "one", LONG).await, None);
    other.store.release_lease(second.clone()).await.unwrap();
    let third = acquire(&one, "one", LONG).await.unwrap();
    assert!(third.token > second.token);
    // The answer to an acquisition may be lost.
    let again = acquire(&one, "one", LONG).await.unwrap();
    assert!(again.token > third.token && !renew(&one, &third, LONG).await);
}

pub async fn nothing_is_written_under_a_lease_that_has_lapsed(open: &dyn Open) {
    let (one, other) = (Harness::of(open).await, Harness::of(open).await);
    let lease = acquire(&one, "one", SHORT).await.unwrap();
    let working = Arc::clone(&one.store).under(lease);
    working.add_user(user("alice", "alice@example.com"), now()).await.unwrap();
    sleep(SHORT + SHORT / 3).await;
    let expired = working.add_user(user("bob", "bob@example.com"), now()).await;
    assert!(matches!(expired, Err(Error::Unavailable(_))), "{expired:?}");
    acquire(&other, "other", LONG).await.unwrap();
    assert!(working.add_user(user("bob", "bob@example.com"), now()).await.is_err());
    assert!(working.user_by_email("bob@example.com".to_owned()).await.unwrap().is_none());
    assert!(working.user_by_email("alice@example.com".to_owned()).await.unwrap().is_some());
    // Writes without a lease still succeed.
    one.store.add_user(user("bob", "bob@example.com"), now()).await.unwrap();
}
