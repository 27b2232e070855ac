//! One HTTP call to the core app.
//!
//! Owns its URL, its headers and what each response means. Must not decide when to call.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{RequestBuilder, StatusCode, Url};
use wire::transaction::TransactionKey;

use super::call::Call;
use super::outcome::Outcome;
use super::payload::Payload;
use super::turn::Transport;
use crate::config::Secret;

/// Why there is no sender.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `CORE_APP_URL` cannot be called. The message does not contain it: it may contain credentials.
    #[error("CORE_APP_URL is not the URL of a server")]
    Url,
    /// The HTTP client could not be created.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

/// An HTTP client for the core app.
pub struct Sender {
    client: reqwest::Client,
    url: Url,
    secret: Secret,
}

impl Sender {
    /// `url` is `CORE_APP_URL`; a call takes at most `timeout`.
    pub fn new(url: &str, secret: Secret, timeout: Duration) -> Result<Self, Error> {
        let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        let url = format!("{}/api/bank/transactions", url.trim_end_matches('/'));
        let url = Url::parse(&url).ok().filter(|url| !url.cannot_be_a_base()).ok_or(Error::Url)?;
        Ok(Self { client, url, secret })
    }

    fn request(&self, call: &Call) -> Result<RequestBuilder, Outcome> {
        match call {
            Call::Put(transaction) => Ok(self.client.post(self.url.clone()).json(&Payload::from(&**transaction))),
            Call::Delete { key, .. } => Ok(self.client.delete(deleted(&self.url, key)?)),
        }
    }
}

#[async_trait]
impl Transport for Sender {
    async fn send(&self, call: &Call, idempotency_key: &str) -> Outcome {
        let request = match self.request(call) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let request = request
            .header("x-service-secret", self.secret.expose())
            .bearer_auth(self.secret.expose())
            .header("x-user-id", call.user_id())
            .header("idempotency-key", idempotency_key);
        match request.send().await {
            Ok(response) => outcome(call, response.status()),
            // An id that does not fit into a header can never be sent.
            Err(error) if error.is_builder() => Outcome::Rejected(error.without_url().to_string()),
            // The URL is not part of the reason: it may contain credentials.
            Err(error) => Outcome::Retry(error.without_url().to_string()),
        }
    }
}

/// The address of a deleted transaction. A dot segment would change the path
/// (<https://url.spec.whatwg.org/#double-dot-path-segment>), so an id of dots cannot be in it.
fn deleted(url: &Url, key: &TransactionKey) -> Result<Url, Outcome> {
    let id = key.transaction_id.as_str();
    if matches!(id, "" | "." | "..") {
        return Err(Outcome::Rejected("the transaction's id cannot be part of a URL".to_owned()));
    }
    let mut url = url.clone();
    url.path_segments_mut().map_err(|()| Outcome::Rejected("CORE_APP_URL has no path".to_owned()))?.push(id);
    url.query_pairs_mut()
        .append_pair("connectorId", &key.connector_id)
        .append_pair("connectionId", &key.connection_id)
        .append_pair("accountId", &key.account_id);
    Ok(url)
}

fn outcome(call: &Call, status: StatusCode) -> Outcome {
    let reason = format!("the core app answered {}", status.as_u16());
    match (call, status.as_u16()) {
        (_, 200..=299) | (Call::Delete { .. }, 404 | 410) => Outcome::Delivered,
        (Call::Delete { .. }, 405 | 501) => Outcome::NotSupported,
        (_, 401 | 403) => Outcome::Unauthorized(reason),
        // No redirect is followed: it could send the secret to another host. It may lead to a maintenance page, so it
        // counts as temporary.
        (_, 300..=399 | 408 | 425 | 429 | 500..=599) => Outcome::Retry(reason),
        _ => Outcome::Rejected(reason),
    }
}

#[cfg(test)]
mod tests;
