//! A receiver of webhooks.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use parking_lot::Mutex;

use crate::client::eventually;

/// A delivery as received.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Received {
    deliveries: Vec<Delivery>,
    /// The statuses of the next answers; 200 after the last of them.
    answers: Vec<StatusCode>,
}

/// A receiver on a free port.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Received>>,
}

impl Receiver {
    /// Answers with these statuses, then with 200.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let answers = answers.iter().rev().map(|status| StatusCode::from_u16(*status).unwrap()).collect();
        let received = Arc::new(Mutex::new(Received { deliveries: Vec::new(), answers }));
        let routes = Router::new().route("/webhook", post(take)).with_state(Arc::clone(&received));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, received }
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.received.lock().deliveries.clone()
    }

    /// Waits until this many deliveries have arrived.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        eventually(&format!("{count} deliveries"), async || self.received.lock().deliveries.len() >= count).await;
        self.deliveries()
    }
}

async fn take(State(received): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut received = received.lock();
    received.deliveries.push(Delivery { headers, body });
    received.answers.pop().unwrap_or(StatusCode::OK)
}
