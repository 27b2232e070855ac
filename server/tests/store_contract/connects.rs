//! What every store promises about connecting a bank.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use server::store::{Budget, ConnectAttempt, Error, ReturnedConnect};

use crate::harness::{Harness, Open, now};

const STATE: [u8; 32] = [1; 32];
const CLAIM: Duration = Duration::from_secs(600);

fn attempt() -> ConnectAttempt {
    ConnectAttempt {
        connector_id: "basiq".to_owned(),
        user_id: "alice".to_owned(),
        provider_user: "u-1".to_owned(),
        connection_id: Some("c1".to_owned()),
        token: Some("link-1".to_owned()),
    }
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

async fn come_back(it: &Harness, of: (&str, &str), at: Timestamp) -> Result<ReturnedConnect, Error> {
    let parameters = BTreeMap::from([("jobId".to_owned(), "j-1".to_owned())]);
    it.store.return_connect(STATE, of.0.to_owned(), of.1.to_owned(), parameters, at).await
}

pub async fn an_attempt_comes_back_once_in_time_and_to_its_own_user(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.store.begin_connect(STATE, attempt(), after(1800), now()).await.unwrap();
    assert!(matches!(come_back(&it, ("plaid", "alice"), after(1)).await, Err(Error::NotFound)));
    assert!(matches!(come_back(&it, ("basiq", "bob"), after(1)).await, Err(Error::Conflict(_))));
    assert!(matches!(come_back(&it, ("basiq", "alice"), after(1800)).await, Err(Error::NotFound)));
    let returned = come_back(&it, ("basiq", "alice"), after(1799)).await.unwrap();
    assert_eq!((returned.attempt, returned.at), (attempt(), after(1799)));
    assert!(matches!(come_back(&it, ("basiq", "alice"), after(1799)).await, Err(Error::NotFound)));
}

pub async fn an_attempt_that_has_come_back_is_kept_until_it_ends(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.store.begin_connect(STATE, attempt(), after(10), now()).await.unwrap();
    assert!(it.store.claim_connects(CLAIM).await.unwrap().is_empty());
    come_back(&it, ("basiq", "alice"), after(1)).await.unwrap();
    it.store.begin_connect([2; 32], attempt(), after(9_000), after(8_000)).await.unwrap();
    let it = Harness::of(open).await;
    // Another node continues once this one no longer renews its claim.
    it.store.follow_connect(STATE, Duration::ZERO).await.unwrap();
    let kept = it.store.claim_connects(CLAIM).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].0, &kept[0].1.parameters["jobId"]), (STATE, &"j-1".to_owned()));
    it.store.end_connect(STATE).await.unwrap();
    assert!(it.store.claim_connects(CLAIM).await.unwrap().is_empty());
}

pub async fn a_user_is_the_same_one_at_a_provider_each_time(open: &dyn Open) {
    let it = Harness::of(open).await;
    let keep = async |connector: &str, user: &str, id: &str| {
        it.store.keep_provider_user(connector.to_owned(), user.to_owned(), id.to_owned()).await.unwrap()
    };
    assert_eq!(it.store.provider_user("basiq".to_owned(), "alice".to_owned()).await.unwrap(), None);
    assert_eq!(keep("basiq", "alice", "u-1").await, "u-1");
    assert_eq!(keep("basiq", "alice", "u-2").await, "u-1", "the first one stays");
    assert_eq!(keep("basiq", "bob", "u-3").await, "u-3");
    assert_eq!(keep("plaid", "alice", "u-4").await, "u-4");
    let it = Harness::of(open).await;
    assert_eq!(it.store.provider_user("basiq".to_owned(), "alice".to_owned()).await.unwrap().as_deref(), Some("u-1"));
    it.store.forget_provider_user("basiq".to_owned(), "alice".to_owned()).await.unwrap();
    assert_eq!(it.store.provider_user("basiq".to_owned(), "alice".to_owned()).await.unwrap(), None);
    assert!(it.store.provider_user("plaid".to_owned(), "alice".to_owned()).await.unwrap().is_some());
}

pub async fn refreshes_are_counted_within_their_time_and_over_a_restart(open: &dyn Open) {
    let budget = Budget { times: 2, within: Duration::from_secs(100) };
    let take = async |it: &Harness, connection: &str, at| {
        it.store.take_refresh("basiq".to_owned(), connection.to_owned(), budget, at).await.unwrap()
    };
    let it = Harness::of(open).await;
    assert_eq!(take(&it, "c1", after(0)).await, None);
    assert_eq!(take(&it, "c1", after(50)).await, None);
    let it = Harness::of(open).await;
    let room = take(&it, "c1", after(60)).await.map(Timestamp::as_second);
    assert_eq!(room, Some(after(100).as_second()), "when the first one no longer counts");
    assert_eq!(take(&it, "c2", after(60)).await, None, "each connection has its own");
    assert_eq!(take(&it, "c1", after(100)).await, None);
    assert!(take(&it, "c1", after(101)).await.is_some(), "a refused one was not counted, the others were");
}
