//! A core app that can be told how to answer: the only part of these tests that is not real.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{delete, post};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use serde_json::Value;
use server::config::{Config, CoreAppConfig};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{SERVICE_SECRET, config};

/// The settings of a server that sends to a core app.
pub(crate) fn forwarding(url: &str) -> Config {
    let mut config = config();
    config.core_app = Some(CoreAppConfig {
        url: url.to_owned(),
        timeout: Duration::from_secs(2),
        quick_retries: 3,
        retry_delay: Duration::from_millis(20),
    });
    config
}

/// A call that was answered with success.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) user_id: String,
    pub(crate) key: String,
    pub(crate) body: String,
}

/// How the core app behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Accepts every call.
    #[default]
    Well,
    /// Answers every call with this status.
    Answers(u16),
    /// Accepts the connection and never answers.
    Hangs,
    /// Accepts every call after a while.
    Slow(Duration),
    /// Does not listen.
    Away,
}

#[derive(Default)]
struct Inner {
    taken: Mutex<Vec<Taken>>,
    /// The last accepted amount of each transaction.
    latest: Mutex<BTreeMap<String, String>>,
    /// The answers to the next calls, by the transaction's id; taken from the front.
    answers: Mutex<HashMap<String, Vec<u16>>>,
    calls: Mutex<u64>,
    mood: Mutex<Mood>,
    serving: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone)]
pub(crate) struct CoreAppDouble {
    inner: Arc<Inner>,
    pub(crate) address: String,
}

impl CoreAppDouble {
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// Listens on a port that was reserved for it.
    pub(crate) fn on(listener: TcpListener) -> Self {
        let address = format!("http://{}", listener.local_addr().unwrap());
        let double = Self { inner: Arc::default(), address };
        double.listen(listener);
        double
    }

    fn listen(&self, listener: TcpListener) {
        let router = Router::new()
            .route("/api/bank/transactions", post(receive))
            .route("/api/bank/transactions/{id}", delete(receive_deletion))
            .with_state(self.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        *self.inner.serving.lock() = Some(serving);
    }

    /// Changes the behaviour.
    pub(crate) async fn be(&self, mood: Mood) {
        *self.inner.mood.lock() = mood;
        if mood == Mood::Away {
            if let Some(serving) = self.inner.serving.lock().take() {
                serving.abort();
            }
        } else if self.inner.serving.lock().is_none() {
            self.listen(TcpListener::bind(self.address.trim_start_matches("http://")).await.unwrap());
        }
    }

    /// Sets the answers to the next calls for a transaction.
    pub(crate) fn answer(&self, transaction_id: &str, statuses: &[u16]) {
        self.inner.answers.lock().insert(transaction_id.to_owned(), statuses.to_vec());
    }

    pub(crate) fn calls(&self) -> u64 {
        *self.inner.calls.lock()
    }

    /// The last accepted amount of each transaction.
    pub(crate) fn latest(&self) -> BTreeMap<String, String> {
        self.inner.latest.lock().clone()
    }

    /// Waits until this many calls were accepted.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Taken> {
        loop {
            let taken = self.inner.taken.lock().clone();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn receive(State(double): State<CoreAppDouble>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let id = told["transactionId"].as_str().unwrap().to_owned();
    take(&double, &headers, &id, (text, Some(told["signedAmount"].to_string()))).await
}

async fn receive_deletion(
    State(double): State<CoreAppDouble>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> StatusCode {
    take(&double, &headers, &id, (String::new(), None)).await
}

/// Answers a call as configured. Records it if it succeeds: its body and the amount.
async fn take(
    double: &CoreAppDouble,
    headers: &HeaderMap,
    id: &str,
    (body, amount): (String, Option<String>),
) -> StatusCode {
    *double.inner.calls.lock() += 1;
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(header("x-service-secret"), SERVICE_SECRET);
    assert_eq!(header("authorization"), format!("Bearer {SERVICE_SECRET}"));
    let mood = *double.inner.mood.lock();
    match mood {
        Mood::Answers(status) => return StatusCode::from_u16(status).unwrap(),
        Mood::Hangs => std::future::pending().await,
        Mood::Slow(pause) => tokio::time::sleep(pause).await,
        Mood::Well | Mood::Away => {}
    }
    if let Some(statuses) = double.inner.answers.lock().get_mut(id)
        && !statuses.is_empty()
    {
        let status = StatusCode::from_u16(statuses.remove(0)).unwrap();
        if !status.is_success() {
            return status;
        }
    }
    match amount {
        Some(amount) => double.inner.latest.lock().insert(id.to_owned(), amount),
        None => double.inner.latest.lock().remove(id),
    };
    double.inner.taken.lock().push(Taken { user_id: header("x-user-id"), key: header("idempotency-key"), body });
    StatusCode::CREATED
}
