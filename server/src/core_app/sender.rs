//! One HTTP call to the core app.
//!
//! Owns its headers and what each response means. Must not decide when to call.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use wire::Transaction;

use super::payload::Payload;
use super::turn::Transport;
use crate::config::Secret;

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The core app has it, from this call or an earlier one.
    Delivered,
    /// A later attempt may succeed: 5xx, 408, 425, 429, a timeout, a refused connection.
    Retry(String),
    /// The service secret is wrong: an operator has to correct it.
    Unauthorized(String),
    /// No attempt will succeed.
    Rejected(String),
}

impl Outcome {
    /// Its label in the metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry(_) => "retry",
            Self::Unauthorized(_) => "unauthorized",
            Self::Rejected(_) => "rejected",
        }
    }
}

/// An HTTP client for the core app.
pub struct Sender {
    client: reqwest::Client,
    url: String,
    secret: Secret,
}

impl Sender {
    /// `url` is `CORE_APP_URL`; a call takes at most `timeout`.
    pub fn new(url: &str, secret: Secret, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, url: format!("{}/api/bank/transactions", url.trim_end_matches('/')), secret })
    }
}

#[async_trait]
impl Transport for Sender {
    async fn send(&self, transaction: &Transaction, idempotency_key: &str) -> Outcome {
        let request = self
            .client
            .post(&self.url)
            .header("x-service-secret", self.secret.expose())
            .bearer_auth(self.secret.expose())
            .header("x-user-id", &transaction.user_id)
            .header("idempotency-key", idempotency_key)
            .json(&Payload::from(transaction));
        match request.send().await {
            Ok(response) => outcome(response.status()),
            // An id that no header can carry never will be sent.
            Err(error) if error.is_builder() => Outcome::Rejected(error.without_url().to_string()),
            // The URL is not part of the reason: it may contain credentials.
            Err(error) => Outcome::Retry(error.without_url().to_string()),
        }
    }
}

fn outcome(status: StatusCode) -> Outcome {
    let reason = format!("the core app answered {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Outcome::Delivered,
        401 | 403 => Outcome::Unauthorized(reason),
        408 | 425 | 429 | 500..=599 => Outcome::Retry(reason),
        _ => Outcome::Rejected(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_meaning() {
        for (status, expected) in [
            (200, "delivered"),
            (201, "delivered"),
            (302, "rejected"),
            (400, "rejected"),
            (401, "unauthorized"),
            (403, "unauthorized"),
            (404, "rejected"),
            (408, "retry"),
            (409, "rejected"),
            (425, "retry"),
            (429, "retry"),
            (500, "retry"),
            (503, "retry"),
        ] {
            assert_eq!(outcome(StatusCode::from_u16(status).expect("a status")).label(), expected, "{status}");
        }
    }
}
