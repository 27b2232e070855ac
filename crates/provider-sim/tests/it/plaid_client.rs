//! A client of the simulated Plaid.

use provider_sim::Clock;
use provider_sim::bank::{Cents, PaymentId, Purchase};
use provider_sim::plaid::{LinkedItem, Plaid, PlaidOptions};
use serde_json::{Value, json};

use crate::client::{Answer, answer, everyday, recorder, still_clock};

/// A simulated Plaid with one item that had its first update.
pub(crate) struct Fixture {
    pub(crate) plaid: Plaid,
    pub(crate) clock: Clock,
    pub(crate) item: LinkedItem,
    http: reqwest::Client,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut PlaidOptions)) -> Self {
        let clock = still_clock();
        let mut options = PlaidOptions { recorder: recorder(), ..PlaidOptions::new(clock.clone()) };
        change(&mut options);
        let plaid = Plaid::start(options).await.unwrap();
        let item = plaid.connect("user-1", vec![everyday()]);
        plaid.update(&item.item_id).unwrap();
        Self { plaid, clock, item, http: reqwest::Client::new() }
    }

    /// A call with the client id, the secret and the item's access token.
    pub(crate) async fn call(&self, path: &str, more: &Value) -> Answer {
        let (client_id, secret) = self.plaid.client();
        let mut body = json!({ "client_id": client_id, "secret": secret });
        if !path.starts_with("/link") && !path.starts_with("/item/public_token") && !path.starts_with("/webhook") {
            body["access_token"] = json!(self.item.access_token);
        }
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post(path, &body).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.plaid.url())).header("content-type", "application/json");
        answer(request.body(body.to_string()).send().await.unwrap()).await
    }

    pub(crate) async fn sync(&self, cursor: &str, count: u32) -> Answer {
        self.call("/transactions/sync", &json!({ "cursor": cursor, "count": count })).await
    }

    /// The body of `/transactions/sync` as text, with its digits unchanged.
    pub(crate) async fn sync_text(&self) -> String {
        let (client_id, secret) = self.plaid.client();
        let body = json!({ "client_id": client_id, "secret": secret, "access_token": self.item.access_token });
        let request = self.http.post(format!("{}/transactions/sync", self.plaid.url())).body(body.to_string());
        request.send().await.unwrap().text().await.unwrap()
    }

    pub(crate) fn purchase(&self, cents: i64, text: &str) -> PaymentId {
        let account = &self.item.accounts[0];
        self.plaid.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(cents), text, now))).unwrap()
    }

    pub(crate) fn update(&self) {
        self.plaid.update(&self.item.item_id).unwrap();
    }
}

/// The ids in a list of an answer.
pub(crate) fn ids(body: &Value, list: &str) -> Vec<String> {
    let rows = body[list].as_array().unwrap().iter();
    rows.map(|row| row["transaction_id"].as_str().unwrap().to_owned()).collect()
}
