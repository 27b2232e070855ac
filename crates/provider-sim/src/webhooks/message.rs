//! A message to the subscriber.
//!
//! Owns its type, and the trait of what signs it. Must not send.

use jiff::Timestamp;

/// A message: every attempt sends the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The id that all attempts share.
    pub id: String,
    /// The event's name.
    pub event: String,
    /// The exact body.
    pub body: String,
}

/// How a provider signs.
pub(crate) trait Scheme: Send + Sync + 'static {
    /// The headers of an attempt at this time, under the subscriber's secret.
    fn headers(&self, secret: &str, message: &Message, at: Timestamp) -> Vec<(&'static str, String)>;
}
