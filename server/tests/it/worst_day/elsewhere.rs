//! Addresses of other servers in a provider's data.
//!
//! Owns that none of them is called: a listener there counts connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider_sim::Clock;
use provider_sim::bank::{AccountKind, Cents, NewAccount};
use provider_sim::basiq::{Basiq, BasiqOptions};
use reqwest::Method;
use serde_json::json;

use crate::support::{BASIQ_SECRET, Basiq as Sender, SERVICE_SECRET, TestApp, config};

/// A listener at the addresses in the bodies.
pub(super) struct Elsewhere {
    pub(super) address: String,
    called: Arc<AtomicUsize>,
}

impl Elsewhere {
    pub(super) async fn listen() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let called = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&called);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, called }
    }

    /// How many connections it has accepted.
    pub(super) fn called(&self) -> usize {
        self.called.load(Ordering::SeqCst)
    }

    /// Sends a Basiq webhook whose links point here; returns the answer's status.
    pub(super) async fn send_webhook(&self, server: &str, id: &str, body: &str) -> u16 {
        let body = body.replace("https://au-api.basiq.io", &self.address);
        assert!(body.contains(&self.address));
        let mut call = reqwest::Client::new().post(format!("{server}/api/connectors/basiq/webhook"));
        for (name, value) in Sender::default().sign(id, body.as_bytes(), Timestamp::now()) {
            call = call.header(name, value);
        }
        call.body(body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_in_a_providers_answers_or_webhooks_is_called() {
    let elsewhere = Elsewhere::listen().await;
    let clock = Clock::starting_at(Timestamp::now());
    let basiq =
        Basiq::start(BasiqOptions { links: elsewhere.address.clone(), ..BasiqOptions::new(clock) }).await.unwrap();
    let user = basiq.add_user("gavin@example.com");
    let everyday = NewAccount::new("Everyday", AccountKind::Transaction, Cents(100_000));
    let connection = basiq.connect(&user, vec![everyday]).unwrap();
    // Three pages, whose links to the next page point to this listener.
    let month = Duration::from_secs(30 * 86_400);
    basiq.bank(|bank, now| bank.history(&connection.accounts[0], 1_200, month, now)).unwrap();
    basiq.refresh(&connection.id).unwrap();
    let mut settings = config();
    settings.connectors.set("BASIQ_API_KEY", [basiq.api_key()]);
    settings.connectors.set("BASIQ_API_URL", [basiq.url()]);
    let app = TestApp::with(settings).await;
    basiq.webhooks().subscribe(format!("{}/api/connectors/basiq/webhook", app.address), BASIQ_SECRET);
    let path = format!("/api/connectors/basiq/connections/{}", connection.id);
    let request = app.request(Method::PUT, &path).header("x-service-secret", SERVICE_SECRET);
    let body = json!({ "userId": "alice", "externalUserId": user });
    assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let summary = app.get("alice", "/api/transactions?limit=500").await;
        let all = summary["transactions"].as_array().unwrap().len();
        if all == 500 && basiq.calls().of("GET /users/{userId}/accounts") >= 2 {
            break;
        }
        assert!(Instant::now() < deadline, "{all} came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    basiq.refresh(&connection.id).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(basiq.calls().of("GET /users/{userId}/transactions"), 4, "three pages of posted, one of pending");
    assert_eq!(elsewhere.called(), 0);
}
