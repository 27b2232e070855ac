//! A store with its published events.
//!
//! Owns the calls that most promises begin with. Must not know which store it is.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use server::store::{CommitSink, FeedEvent, NewDelivery, Recorded, Store};
use wire::Transaction;
use wire::api::{AccountRequest, ConnectionRequest, TransactionQuery};

use crate::changes::{CONNECTOR, connector};

/// Creates a store that also sends transactions to a core app.
#[async_trait]
pub trait Open: Sync {
    /// Opens the same data each time.
    async fn open(&self, sink: CommitSink) -> Arc<dyn Store>;
}

/// A store, the events that it has published, and its own clock.
pub struct Harness {
    pub store: Arc<dyn Store>,
    milliseconds: AtomicI64,
    pub published: Arc<Mutex<Vec<FeedEvent>>>,
}

/// The start of each harness's clock.
pub fn now() -> Timestamp {
    "2026-11-25T12:00:00.123456Z".parse().unwrap()
}

impl Harness {
    pub async fn of(opener: &dyn Open) -> Self {
        let published = Arc::<Mutex<Vec<FeedEvent>>>::default();
        let sink = Arc::clone(&published);
        let store = opener.open(Box::new(move |events| sink.lock().unwrap().extend(events))).await;
        Self { store, milliseconds: AtomicI64::new(0), published }
    }

    /// The time, a millisecond later at each call.
    pub fn now(&self) -> Timestamp {
        now() + SignedDuration::from_millis(self.milliseconds.fetch_add(1, Ordering::Relaxed))
    }

    pub async fn register(&self, connection_id: &str, user_id: &str) {
        let request = ConnectionRequest { user_id: user_id.to_owned(), ..ConnectionRequest::default() };
        self.store.put_connection(connector(), connection_id.to_owned(), request, self.now()).await.unwrap();
    }

    /// The same with an account that the core app names.
    pub async fn register_with_account(&self, connection_id: &str, user_id: &str, account_id: &str) {
        let account: AccountRequest = serde_json::from_value(json!({ "accountId": account_id })).unwrap();
        let request =
            ConnectionRequest { user_id: user_id.to_owned(), accounts: vec![account], ..ConnectionRequest::default() };
        self.store.put_connection(connector(), connection_id.to_owned(), request, self.now()).await.unwrap();
    }

    /// Waits until no move or purge is left.
    pub async fn settle(&self) {
        self.store.finish_moves(self.now()).await.unwrap();
    }

    pub async fn remove(&self, connection_id: &str, purge: bool) {
        self.store
            .delete_connection(CONNECTOR.to_owned(), connection_id.to_owned(), None, purge, self.now())
            .await
            .unwrap();
    }

    pub async fn deliver(&self, delivery: NewDelivery) -> Recorded {
        self.store.record_delivery(delivery, self.now()).await.unwrap()
    }

    /// All of a user's transactions, newest first, or those changed after an event in the order of their changes.
    pub async fn all(&self, user_id: &str, since: Option<u64>) -> Vec<Transaction> {
        let (mut all, mut before) = (vec![], None);
        loop {
            let query = TransactionQuery { since, before, limit: Some(500), ..TransactionQuery::default() };
            let page = self.store.transactions(user_id.to_owned(), query).await.unwrap();
            all.extend(page.transactions);
            before = page.next_cursor;
            if before.is_none() {
                return all;
            }
        }
    }

    pub async fn query(&self, user_id: &str, query: TransactionQuery) -> Vec<Transaction> {
        self.store.transactions(user_id.to_owned(), query).await.unwrap().transactions
    }

    /// A user's transactions as `id amount`, newest first.
    pub async fn transactions(&self, user_id: &str) -> Vec<String> {
        let all = self.query(user_id, TransactionQuery::default()).await;
        all.iter().map(|it| format!("{} {}", it.transaction_id, it.amount)).collect()
    }

    /// The names of a user's events after a number.
    pub async fn events(&self, user_id: &str, after: u64) -> Vec<&'static str> {
        self.log(user_id, after).await.iter().map(|event| event.name).collect()
    }

    pub async fn log(&self, user_id: &str, after: u64) -> Vec<FeedEvent> {
        self.store.events_after(user_id.into(), after, 5000).await.unwrap()
    }

    /// Whether each call to the core app has its own idempotency key.
    pub async fn keys_are_distinct(&self, user_id: &str) -> bool {
        let outgoing = self.outgoing(user_id).await;
        let keys: HashSet<_> = outgoing.iter().map(|(key, _)| key).collect();
        keys.len() == outgoing.len()
    }

    /// The pending calls to the core app: each key, and whether it is a deletion.
    pub async fn outgoing(&self, user_id: &str) -> Vec<(String, bool)> {
        let outgoing = self.store.outgoing(user_id.to_owned(), 5000).await.unwrap();
        outgoing.into_iter().map(|it| (it.idempotency_key, it.is_deletion)).collect()
    }
}
