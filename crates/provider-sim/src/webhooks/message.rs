//! A message to the subscriber.
//!
//! Owns its type, and the trait that signs it. Must not send.

use jiff::Timestamp;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The id that all attempts share.
    pub id: String,
    /// The event's name.
    pub event: String,
    /// The body of the first attempt. Later attempts send the same bytes, except if a provider counts its attempts in
    /// them.
    pub body: String,
}

/// An attempt's headers and exact body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// How a provider signs.
pub(crate) trait Scheme: Send + Sync + 'static {
    /// The provider's name in recordings.
    fn provider(&self) -> &'static str;

    /// Signs the attempt of this number, from 1 on, at this time, under the subscriber's secret.
    fn sign(&self, secret: &str, message: &Message, number: usize, at: Timestamp) -> Signed;
}
