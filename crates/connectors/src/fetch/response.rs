//! A provider's answer.
//!
//! Owns its type and the default meaning of statuses. Must not know a provider.

use std::fmt;
use std::time::Duration;

use super::error::FetchError;
use crate::delivery::Headers;

/// How much of an answer an error quotes, in characters.
const SHOWN: usize = 200;
/// The longest pause of a provider that is observed.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// An answer.
#[derive(Clone)]
pub struct ApiResponse {
    /// Its status code.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// Its body's exact bytes.
    pub body: Vec<u8>,
}

impl ApiResponse {
    /// The answer if its status is 2xx; otherwise the error for its status.
    pub fn success(self) -> Result<Self, FetchError> {
        match self.status {
            200..=299 => Ok(self),
            status => Err(self.meaning(status)),
        }
    }

    /// The error for a status, if the provider documents no other.
    fn meaning(&self, status: u16) -> FetchError {
        let reason = format!("it answered {status}{}", self.excerpt());
        match status {
            401 | 403 => FetchError::Refused { reason },
            404 | 410 => FetchError::Gone { reason },
            408 | 425 | 429 | 500..=599 => FetchError::Later { reason, after: self.pause() },
            _ => FetchError::NotUnderstood { reason },
        }
    }

    /// The pause in seconds that the answer requires (RFC 9110, section 10.2.3).
    pub fn pause(&self) -> Option<Duration> {
        let seconds: u64 = self.headers.get("retry-after")?.parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
    }

    /// The beginning of its body as readable text, masked.
    fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(4096)]);
        crate::readable(&text, SHOWN).map(|text| format!(": {text}")).unwrap_or_default()
    }
}

impl fmt::Debug for ApiResponse {
    /// Omits headers and body: either may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiResponse").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}

/// A token for calls.
#[derive(Clone)]
pub struct Token {
    /// The value after `Bearer `.
    pub value: String,
    /// How long it is valid.
    pub lifetime: Duration,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}
