//! TrueLayer: payments to merchants' accounts.
//!
//! Owns its settings and how its parts fit together: its signature (`signature`), the meaning of its webhooks
//! (`events`), and the data that they leave out (`fetch`). Must not know the server that calls it.
//!
//! <https://docs.truelayer.com/docs/payments-api-webhook-reference>, <https://github.com/TrueLayer/truelayer-signing>

mod events;
mod fetch;
mod rows;
mod signature;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::{ApiResponse, Fetch, FetchError, Request};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::event_key;
use crate::{body, ids};

/// TrueLayer's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: signature::PROVIDER,
    name: "TrueLayer",
    connector_type: "payment",
    source: "PAYMENT_API",
    default_currency: Currency::GBP,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(WEBHOOKS_URL),
            meaning: "the URL at which TrueLayer publishes its keys: `https://webhooks.truelayer.com`, or `https://webhooks.truelayer-sandbox.com`",
            kind: SettingKind::Url,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(CLIENT_ID),
            meaning: "the client's id in TrueLayer's console",
            kind: SettingKind::Text,
            default: None,
            required_for: Some("fetching"),
        },
        Setting {
            name: Cow::Borrowed(CLIENT_SECRET),
            meaning: "the client's secret",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("fetching"),
        },
        Setting {
            name: Cow::Borrowed(API_URL),
            meaning: "the base URL of the Payments API; `https://api.truelayer-sandbox.com` for the sandbox",
            kind: SettingKind::Url,
            default: Some("https://api.truelayer.com"),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(AUTH_URL),
            meaning: "the base URL for access tokens; `https://auth.truelayer-sandbox.com` for the sandbox",
            kind: SettingKind::Url,
            default: Some("https://auth.truelayer.com"),
            required_for: None,
        },
    ],
};

const WEBHOOKS_URL: &str = "TRUELAYER_WEBHOOKS_URL";
const CLIENT_ID: &str = "TRUELAYER_CLIENT_ID";
const CLIENT_SECRET: &str = "TRUELAYER_CLIENT_SECRET";
const API_URL: &str = "TRUELAYER_API_URL";
const AUTH_URL: &str = "TRUELAYER_AUTH_URL";

/// A client of TrueLayer's console, for fetching.
struct Client {
    id: String,
    secret: String,
}

/// TrueLayer with its settings.
struct TrueLayer {
    /// The address of its published keys; `None` if it is not configured.
    address: Option<String>,
    /// The client for fetching; `None` if nothing is fetched.
    client: Option<Client>,
}

/// TrueLayer with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let address = settings.first(WEBHOOKS_URL).map(|address| address.trim_end_matches('/').to_owned());
    let client = settings.first(CLIENT_ID).zip(settings.first(CLIENT_SECRET));
    Arc::new(TrueLayer { address, client: client.map(|(id, secret)| Client { id, secret }) })
}

impl Provider for TrueLayer {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        self.address.is_some()
    }

    /// The signed time is the attempt's; TrueLayer documents no tolerance for it.
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

    fn fetch(&self) -> Option<&dyn Fetch> {
        self.client.as_ref().map(|client| client as &dyn Fetch)
    }

    /// Only TrueLayer has the private halves of its keys.
    fn sign(&self, _message_id: &str, _body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        None
    }
}
