//! A client of the simulated Apideck.

use axum::http::{HeaderMap, Method};
use provider_sim::Clock;
use provider_sim::apideck::{Apideck, ApideckOptions};
use serde_json::Value;

use crate::client::{recorder, still_clock};

/// An answer with its headers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let rows = self.body["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A simulated Apideck with a consumer that has connected Xero.
pub(crate) struct Fixture {
    pub(crate) apideck: Apideck,
    pub(crate) clock: Clock,
    pub(crate) connection: String,
    pub(crate) http: reqwest::Client,
}

pub(crate) const CONSUMER: &str = "consumer-1";

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut ApideckOptions)) -> Self {
        let clock = still_clock();
        let mut options = ApideckOptions { recorder: recorder(), ..ApideckOptions::new(clock.clone()) };
        change(&mut options);
        let apideck = Apideck::start(options).await.unwrap();
        let connection = apideck.connect(CONSUMER, "xero").unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { apideck, clock, connection, http }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Some("xero"), "").await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, service: Option<&str>, body: &str) -> Answer {
        let (api_key, app_id) = self.apideck.application();
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.apideck.url()))
            .bearer_auth(api_key)
            .header("x-apideck-app-id", app_id)
            .header("x-apideck-consumer-id", CONSUMER);
        if let Some(service) = service {
            request = request.header("x-apideck-service-id", service);
        }
        answer(request.body(body.to_owned()).send().await.unwrap()).await
    }
}

pub(crate) async fn answer(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status, headers, text, body }
}
