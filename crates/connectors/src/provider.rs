//! A provider's description, and the trait of its connector.
//!
//! Owns the trait that every provider implements, and its description. Must not know any provider.

use jiff::Timestamp;
use wire::Currency;

use crate::connect::Connect;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::{ApiResponse, Fetch, FetchError, Request};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::meaning::Meaning;
use crate::responses::Responses;
use crate::settings::Setting;

/// A provider's name, settings and capabilities. Its connector owns the texts: they are literals in the code, or come
/// from the file that declares it.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// Its name in addresses and in `connectorId`.
    pub id: &'a str,
    /// Its display name.
    pub name: &'a str,
    /// `bank`, `accounting` … as in `connectorType`.
    pub connector_type: &'a str,
    /// The `source` of its transactions.
    pub source: &'a str,
    /// The currency if neither the transaction nor the account has one.
    pub default_currency: Currency,
    /// Its capabilities, for `GET /api/connectors`.
    pub capabilities: &'a [&'a str],
    /// The settings for operators.
    pub settings: &'a [Setting],
}

impl From<Description<'_>> for ledger::Connector {
    fn from(description: Description<'_>) -> Self {
        Self {
            id: description.id.to_owned().into(),
            connector_type: description.connector_type.to_owned().into(),
            source: description.source.to_owned().into(),
            default_currency: description.default_currency,
        }
    }
}

/// One provider. Every method is a pure function of the delivery, the keys and the clock.
pub trait Provider: Send + Sync {
    /// Its name, settings and capabilities.
    fn description(&self) -> Description<'_>;

    /// Whether it has a secret to verify with.
    fn is_configured(&self) -> bool;

    /// Checks the signature over the received bytes (and the method and the path, if these are signed), against every
    /// configured secret or a key that the provider publishes. A key that is not in `keys` gives
    /// [`VerifyError::KeyUnavailable`], which names the key to fetch.
    fn verify(
        &self,
        delivery: RawDelivery,
        keys: &dyn KeySource,
        now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError>;

    /// The request for a key that [`VerifyError::KeyUnavailable`] names. `None` if no key is published under such a
    /// name.
    fn key_request(&self, _id: &KeyId) -> Option<Request> {
        None
    }

    /// Reads the key from the answer. [`FetchError::Gone`] means that the provider has no such key: the signature that
    /// names it is forged, and a retry is useless.
    fn read_key(&self, id: &KeyId, _response: ApiResponse) -> Result<FetchedKey, FetchError> {
        Err(FetchError::NotUnderstood { reason: format!("{} publishes no keys", id.provider) })
    }

    /// The credential that verifies a connection's deliveries, if each connection has its own. The [`KeyId::name`] is
    /// then the connection's id as the delivery names it, and the key is the credential's text.
    fn key_credential(&self) -> Option<&'static str> {
        None
    }

    /// How its deliveries are answered, if it requires something unusual.
    fn responses(&self) -> Responses {
        Responses::default()
    }

    /// Interprets an authentic delivery. [`Malformed`] is for a body that is not this provider's envelope; an envelope
    /// that makes no sense is [`Meaning::NotUnderstood`], so that it is quarantined.
    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed>;

    /// Fetches data that its deliveries do not carry; `None` if that is impossible.
    fn fetch(&self) -> Option<&dyn Fetch> {
        None
    }

    /// Its consent page; `None` if it has none, or none that is supported here. It is present whatever is set:
    /// [`Connect::obstacle`] names the missing setting.
    fn connect(&self) -> Option<&dyn Connect> {
        None
    }

    /// The headers with which the provider would send `body`: for the simulator, for tests and for benchmarks. `None`
    /// if no secret is configured, or if only the provider has the signing key.
    fn sign(&self, message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>>;
}
