//! How each provider signs its webhooks and what they mean.
//!
//! Owns verification over the raw bytes and the translation of a provider's words into
//! [`change::Change`]s. Must not know HTTP servers, the store, or whose connection it is: the
//! clock is passed in, nothing here does input or output.
//!
//! A provider is one file and one line in [`registry`]. A delivery moves through types: only
//! [`Connector::verify`] makes a [`VerifiedDelivery`], and only that can be normalised.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod apideck;
pub mod basiq;
mod canonical;
pub mod change;
mod currencies;
pub mod dates;
pub mod delivery;
mod direction;
mod document;
mod encoding;
mod fat;
mod masking;
pub mod registry;
mod signature;

use jiff::Timestamp;
use serde_json::value::RawValue;
use wire::Currency;

pub use change::{Meaning, Rejected};
pub use currencies::currency;
pub use delivery::{Headers, RawDelivery, VerifiedDelivery};
pub use direction::{Way, way};
pub use encoding::{NotText, json_text};
pub use registry::Registry;

/// A text as it may be shown: of a card's number only the last four digits.
pub fn masked(text: &str) -> String {
    masking::mask(text)
}

/// What there is to read of a value: of a string, a number by its digits, or an array of these.
pub fn words(json: &RawValue) -> Option<String> {
    document::words(json)
}

/// A text as it is shown in a line of at most `limit` characters: masked, without control characters and what
/// turns text around. Nothing where there is nothing to read in it.
pub fn readable(text: &str, limit: usize) -> Option<String> {
    masking::readable(text, limit)
}

/// JSON as it may be shown: the same, for every string and name in it, and for numbers that are a card's. Nothing
/// where it is not safe to go into.
pub fn readable_json(json: &RawValue) -> Option<Box<RawValue>> {
    masking::masked_json(document::read(json.get().as_bytes()).ok()?).ok()
}

/// What a provider is called and can do.
#[derive(Clone, Debug)]
pub struct ConnectorInfo {
    /// Its name in addresses and in `connectorId`.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// `bank`, `accounting` … as in `connectorType`.
    pub connector_type: &'static str,
    /// What its transactions carry as `source`.
    pub source: &'static str,
    /// The currency where neither the transaction nor the account tells one.
    pub default_currency: Currency,
    /// What it can do, for `GET /api/connectors`.
    pub capabilities: &'static [&'static str],
}

impl From<&ConnectorInfo> for ledger::Connector {
    fn from(info: &ConnectorInfo) -> Self {
        Self {
            id: info.id.into(),
            connector_type: info.connector_type.into(),
            source: info.source.into(),
            default_currency: info.default_currency,
        }
    }
}

/// Why a delivery is refused before anything of it is believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No secret is configured: nobody's signature can be checked.
    #[error("no secret is configured")]
    NotConfigured,
    /// A header that the scheme needs is missing.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// A header that may have one value only has two.
    #[error("the header {0} has two different values")]
    Ambiguous(&'static str),
    /// No configured secret gives the signature that was sent.
    #[error("the signature does not match")]
    Mismatch,
    /// The signed time is more than the tolerance away from now.
    #[error("the signature's time is more than {} s from now", delivery::TOLERANCE_SECONDS)]
    Stale,
    /// The scheme needs the body's JSON, and it is none, or not safe to read.
    #[error("the body cannot be read: {0}")]
    Unreadable(String),
}

/// An authentic body that is not what this provider sends at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// One provider. Everything is a pure function of the delivery and the clock.
pub trait Connector: Send + Sync {
    /// What it is called and can do.
    fn info(&self) -> &ConnectorInfo;

    /// Whether it has a secret to verify with.
    fn is_configured(&self) -> bool;

    /// Checks the signature over the bytes as they came, against every configured secret.
    fn verify(&self, delivery: RawDelivery, now: Timestamp) -> Result<VerifiedDelivery, VerifyError>;

    /// Says what an authentic delivery means. [`Malformed`] is for what is not this provider's
    /// envelope; what is, but makes no sense, is [`Meaning::NotUnderstood`], so that it is kept.
    fn normalise(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Malformed>;

    /// The headers with which the provider would send `body`: for the simulator, for tests and for
    /// benchmarks. Nothing where no secret is configured.
    fn sign(&self, message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>>;
}
