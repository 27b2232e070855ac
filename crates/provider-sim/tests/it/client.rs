//! A client of the simulated APIs.

use axum::http::Method;
use provider_sim::bank::{AccountKind, Cents, Connection, NewAccount};
use provider_sim::basiq::{Basiq, BasiqOptions};
use provider_sim::{Clock, Recorder};
use serde_json::Value;

pub(crate) fn start() -> jiff::Timestamp {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

/// A stopped clock, which moves only when it is moved forward.
pub(crate) fn still_clock() -> Clock {
    Clock::sped_up(start(), 0)
}

/// The recorder to which `scripts/check-provider-specs` has exchanges written.
pub(crate) fn recorder() -> Option<Recorder> {
    let file = std::env::var_os("PROVIDER_SIM_RECORDING")?;
    Some(Recorder::append_to(file.as_ref()).unwrap())
}

/// Waits until something has happened, for up to half a minute.
pub(crate) async fn eventually(what: &str, has_happened: impl AsyncFn() -> bool) {
    for _ in 0..3_000 {
        if has_happened().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{what}: it did not happen");
}

pub(crate) fn everyday() -> NewAccount {
    NewAccount::new("Everyday", AccountKind::Transaction, Cents(100_000))
}

/// An answer: status, the header `Retry-After`, and the body if it is JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

/// A simulated Basiq with one connection, and a client with a token.
pub(crate) struct Fixture {
    pub(crate) basiq: Basiq,
    pub(crate) clock: Clock,
    pub(crate) user: String,
    pub(crate) connection: Connection,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut BasiqOptions)) -> Self {
        let clock = still_clock();
        let mut options = BasiqOptions { recorder: recorder(), ..BasiqOptions::new(clock.clone()) };
        change(&mut options);
        let basiq = Basiq::start(options).await.unwrap();
        let user = basiq.add_user("gavin@hooli.com");
        let connection = basiq.connect(&user, vec![everyday()]).unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut fixture = Self { basiq, clock, user, connection, token: String::new(), http };
        fixture.renew_token().await;
        fixture
    }

    pub(crate) async fn renew_token(&mut self) {
        let answer = self.token_call("SERVER_ACCESS", None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.token = answer.body["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn token_call(&self, scope: &str, user: Option<&str>) -> Answer {
        let mut form = format!("scope={scope}");
        if let Some(user) = user {
            form.push_str(&format!("&userId={user}"));
        }
        let request = self
            .http
            .post(format!("{}/token", self.basiq.url()))
            .header("authorization", format!("Basic {}", self.basiq.api_key()))
            .header("basiq-version", "3.0")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        answer(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body.to_string()).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: String) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.basiq.url())).bearer_auth(&self.token);
        answer(request.body(body).send().await.unwrap()).await
    }

    /// The path of the connection's transactions with additional conditions.
    pub(crate) fn transactions_path(&self, conditions: &str) -> String {
        let filter = format!("connection.id.eq('{}'){conditions}", self.connection.id);
        format!("/users/{}/transactions?filter={}", self.user, filter.replace('\'', "%27"))
    }

    /// The ids of the connection's transactions, over all pages.
    pub(crate) async fn all_ids(&self, limit: usize) -> Vec<String> {
        let first = format!("{}&limit={limit}", self.transactions_path(""));
        let mut page = self.get(&first).await;
        let mut ids = Vec::new();
        loop {
            assert_eq!(page.status, 200, "{page:?}");
            ids.extend(page.body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            let Some(next) = page.body["links"]["next"].as_str() else { return ids };
            let token = next.split_once("?next=").unwrap().1;
            page = self.get(&format!("/users/{}/transactions?next={token}", self.user)).await;
        }
    }
}

pub(crate) async fn answer(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
    Answer { status, retry_after, body }
}
