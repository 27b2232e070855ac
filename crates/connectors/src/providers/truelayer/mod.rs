//! TrueLayer: payments to merchants' accounts.
//!
//! Owns its settings and how its parts fit together: what it signs (`signature`) and what its webhooks say (`events`). Must
//! not know the server that calls it.
//!
//! <https://docs.truelayer.com/docs/payments-api-webhook-reference>, <https://github.com/TrueLayer/truelayer-signing>

mod events;
mod signature;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::{ApiResponse, FetchError, Request};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::event_key;
use crate::{body, ids};

/// What TrueLayer is called, needs and can do.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: signature::PROVIDER,
    name: "TrueLayer",
    connector_type: "payment",
    source: "PAYMENT_API",
    default_currency: Currency::GBP,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[Setting {
        name: Cow::Borrowed(WEBHOOKS_URL),
        meaning: "where TrueLayer publishes its keys: `https://webhooks.truelayer.com`, or `https://webhooks.truelayer-sandbox.com`",
        kind: SettingKind::Url,
        default: None,
        required_for: Some("webhooks"),
    }],
};

const WEBHOOKS_URL: &str = "TRUELAYER_WEBHOOKS_URL";

/// TrueLayer with its settings.
struct TrueLayer {
    /// Where its keys are published; nothing where it is not configured.
    address: Option<String>,
}

/// TrueLayer with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let address = settings.first(WEBHOOKS_URL).map(|address| address.trim_end_matches('/').to_owned());
    Arc::new(TrueLayer { address })
}

impl Provider for TrueLayer {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        self.address.is_some()
    }

    /// The time that is signed is the attempt's; TrueLayer documents no tolerance for it.
    fn verify(
        &self,
        delivery: RawDelivery,
        keys: &dyn KeySource,
        _now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        let address = self.address.as_deref().ok_or(VerifyError::NotConfigured)?;
        signature::verify(&delivery, address, keys)?;
        let id = body::object(&delivery.body).and_then(|body| ids::id(&body, &["event_id"], "event").ok()?);
        let key = event_key(id, &delivery.body);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn key_request(&self, _id: &KeyId) -> Option<Request> {
        Some(Request::get([".well-known", "jwks"]).to(WEBHOOKS_URL).counted_against("keys"))
    }

    fn read_key(&self, id: &KeyId, response: ApiResponse) -> Result<FetchedKey, FetchError> {
        signature::read_key(id, response)
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| events::meaning(&body))
    }

    /// Only TrueLayer has the private halves of its keys.
    fn sign(&self, _message_id: &str, _body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        None
    }
}
