//! Up: an Australian bank, whose customers reach their own accounts with a token.
//!
//! Owns its settings and how its parts fit together: the meaning of its webhooks (`events`), its API (`fetch`) and its
//! rows (`rows`). Must not follow a link: it only reads ids from bodies.
//!
//! <https://developer.up.com.au>, <https://github.com/up-banking/api>

mod events;
mod fetch;
mod rows;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use crate::body;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::Fetch;
use crate::ids;
use crate::keys::{KeyId, KeySource};
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, HmacKeys};

/// Up's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "up",
    name: "Up",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::AUD,
    capabilities: &["webhook", "transactions", "accounts"],
    settings: &[Setting {
        name: Cow::Borrowed("UP_API_URL"),
        meaning: "the base URL of Up's API; a webhook's secret comes with its connection",
        kind: SettingKind::Url,
        default: Some("https://api.up.com.au/api/v1"),
        required_for: None,
    }],
};

const HEADER: &str = "x-up-authenticity-signature";

/// The credential that holds a webhook's `secretKey`; during a change of secret several, separated by commas.
const WEBHOOK_SECRET: &str = "webhookSecret";

/// Up. Each webhook has its own secret, so there is nothing to configure.
struct Up;

/// Up with its settings.
pub(super) fn provider(_settings: &Settings) -> Arc<dyn Provider> {
    Arc::new(Up)
}

impl Provider for Up {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        true
    }

    /// The body names the webhook, whose secret then verifies that claim.
    fn verify(
        &self,
        delivery: RawDelivery,
        keys: &dyn KeySource,
        _now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if delivery.headers.get(HEADER).is_none() {
            return Err(VerifyError::Missing(HEADER.into()));
        }
        let sent: Vec<_> = delivery.headers.list(HEADER).filter_map(signature::from_hex).collect();
        let name = body::object(&delivery.body).as_ref().and_then(events::webhook).ok_or(VerifyError::Mismatch)?;
        let id = KeyId { provider: Cow::Borrowed(DESCRIPTION.id), name };
        let Some(secret) = keys.key(&id) else { return Err(VerifyError::KeyUnavailable(id)) };
        if !secrets(&secret).verify(&[&delivery.body], &sent) {
            return Err(VerifyError::Mismatch);
        }
        let key = signature::event_key(event_id(&delivery.body), &delivery.body);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        Some(self)
    }

    fn key_credential(&self) -> Option<&'static str> {
        Some(WEBHOOK_SECRET)
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| events::meaning(&body))
    }

    /// The signing secret belongs to the connection.
    fn sign(&self, _message_id: &str, _body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        None
    }
}

fn secrets(credential: &[u8]) -> HmacKeys {
    let text = String::from_utf8_lossy(credential);
    HmacKeys::literal(&text.split(',').map(|secret| secret.trim().to_owned()).collect::<Vec<_>>())
}

/// The id of the event, which every attempt repeats.
fn event_id(body: &[u8]) -> Option<String> {
    let event = body::object(body)?.object(&["data"]).ok()??;
    ids::id(&event, &["id"], "event").ok()?
}
