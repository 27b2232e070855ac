//! A core app that can be told how to answer: the one part that cannot be real here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use serde_json::Value;
use server::config::{Config, CoreAppConfig};
use tokio::net::TcpListener;

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

#[derive(Default)]
struct Inner {
    taken: Mutex<Vec<Taken>>,
    /// What the next calls are answered, by the transaction's id; taken from the front.
    answers: Mutex<HashMap<String, Vec<u16>>>,
    calls: Mutex<u64>,
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

    /// Listens on a port that was kept for it.
    pub(crate) fn on(listener: TcpListener) -> Self {
        let address = format!("http://{}", listener.local_addr().unwrap());
        let double = Self { inner: Arc::default(), address };
        let router = Router::new().route("/api/bank/transactions", post(receive)).with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        double
    }

    /// The next calls for a transaction are answered with these.
    pub(crate) fn answer(&self, transaction_id: &str, statuses: &[u16]) {
        self.inner.answers.lock().insert(transaction_id.to_owned(), statuses.to_vec());
    }

    pub(crate) fn calls(&self) -> u64 {
        *self.inner.calls.lock()
    }

    /// Waits until so many calls were taken.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Taken> {
        loop {
            let taken = self.inner.taken.lock().clone();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

async fn receive(State(double): State<CoreAppDouble>, headers: HeaderMap, body: Bytes) -> StatusCode {
    *double.inner.calls.lock() += 1;
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(header("x-service-secret"), SERVICE_SECRET);
    assert_eq!(header("authorization"), format!("Bearer {SERVICE_SECRET}"));
    let text = String::from_utf8(body.to_vec()).unwrap();
    let id = serde_json::from_str::<Value>(&text).unwrap()["transactionId"].as_str().unwrap().to_owned();
    if let Some(statuses) = double.inner.answers.lock().get_mut(&id)
        && !statuses.is_empty()
    {
        let status = StatusCode::from_u16(statuses.remove(0)).unwrap();
        if !status.is_success() {
            return status;
        }
    }
    let taken = Taken { user_id: header("x-user-id"), key: header("idempotency-key"), body: text };
    double.inner.taken.lock().push(taken);
    StatusCode::CREATED
}
