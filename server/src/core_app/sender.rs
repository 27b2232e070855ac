//! One call to the core app.
//!
//! Owns its headers and what each answer means. Must not decide when to call.

use std::time::Duration;

use reqwest::StatusCode;

use super::body::Body;
use crate::config::Secret;
use crate::store::OutgoingTransaction;

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken, now or before.
    Taken,
    /// It may be taken later: 5xx, 408, 425, 429, a time-out, a refused connection.
    Later(String),
    /// The secret is wrong: the operator's to mend.
    Unauthorized(String),
    /// It will never be taken.
    Refused(String),
}

impl Outcome {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Later(_) => "later",
            Self::Unauthorized(_) => "unauthorized",
            Self::Refused(_) => "refused",
        }
    }
}

/// The way to the core app.
pub struct CoreApp {
    client: reqwest::Client,
    url: String,
    secret: Secret,
}

impl CoreApp {
    /// `url` is `CORE_APP_URL`; each call takes `timeout` at most.
    pub fn new(url: &str, secret: Secret, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, url: format!("{}/api/bank/transactions", url.trim_end_matches('/')), secret })
    }

    /// Sends one transaction.
    pub async fn send(&self, outgoing: &OutgoingTransaction) -> Outcome {
        let transaction = match &outgoing.transaction {
            Ok(transaction) => transaction,
            Err(reason) => return Outcome::Refused(reason.clone()),
        };
        let call = self
            .client
            .post(&self.url)
            .header("x-service-secret", self.secret.expose())
            .bearer_auth(self.secret.expose())
            .header("x-user-id", &transaction.user_id)
            .header("idempotency-key", &outgoing.idempotency_key)
            .json(&Body::from(transaction));
        match call.send().await {
            Ok(response) => judge(response.status()),
            // A name that no header can carry will be none later.
            Err(error) if error.is_builder() => Outcome::Refused(error.without_url().to_string()),
            // The address is not part of the reason: it may hold credentials.
            Err(error) => Outcome::Later(error.without_url().to_string()),
        }
    }
}

fn judge(status: StatusCode) -> Outcome {
    let reason = format!("the core app answered {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Outcome::Taken,
        401 | 403 => Outcome::Unauthorized(reason),
        408 | 425 | 429 | 500..=599 => Outcome::Later(reason),
        _ => Outcome::Refused(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_meaning() {
        let kind = |status: u16| judge(StatusCode::from_u16(status).expect("a status")).word();
        for (status, expected) in [
            (200, "taken"),
            (201, "taken"),
            (400, "refused"),
            (401, "unauthorized"),
            (403, "unauthorized"),
            (404, "refused"),
            (408, "later"),
            (409, "refused"),
            (425, "later"),
            (429, "later"),
            (500, "later"),
            (503, "later"),
            (302, "refused"),
        ] {
            assert_eq!(kind(status), expected, "{status}");
        }
    }
}
