//! Plaid: banks of the United States, Canada and Europe.
//!
//! Owns its settings and how its parts fit together: its signature (`signature`), the meaning of its webhooks
//! (`events`), its API (`sync`), its rows (`rows`) and connecting a bank (`connect`). Must not know the server that
//! calls it.
//!
//! <https://plaid.com/docs/api/webhooks/>, <https://github.com/plaid/plaid-openapi>

mod connect;
mod events;
mod rows;
mod signature;
mod sync;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use self::signature::Client;
use crate::body;
use crate::connect::Connect;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::{ApiResponse, Fetch, FetchError, Request};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};

/// Plaid's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: signature::PROVIDER,
    name: "Plaid",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::USD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(CLIENT_ID),
            meaning: "the client's id; sent with all calls to Plaid, including those for webhook keys",
            kind: SettingKind::Text,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(SECRET),
            meaning: "the client's secret of the same environment",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(API_URL),
            meaning: "the base URL of Plaid's API; `https://sandbox.plaid.com` for its sandbox",
            kind: SettingKind::Url,
            default: Some("https://production.plaid.com"),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(CLIENT_NAME),
            meaning: "the application's name in Link, of at most 30 characters",
            kind: SettingKind::Text,
            default: Some(DEFAULT_CLIENT_NAME),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(COUNTRY_CODES),
            meaning: "the countries whose banks Link shows, separated by commas: `US,CA`",
            kind: SettingKind::Text,
            default: Some(DEFAULT_COUNTRY_CODES),
            required_for: None,
        },
    ],
};

const CLIENT_ID: &str = "PLAID_CLIENT_ID";
const SECRET: &str = "PLAID_SECRET";
const API_URL: &str = "PLAID_API_URL";
const CLIENT_NAME: &str = "PLAID_CLIENT_NAME";
const COUNTRY_CODES: &str = "PLAID_COUNTRY_CODES";
const DEFAULT_CLIENT_NAME: &str = "Tallywire";
const DEFAULT_COUNTRY_CODES: &str = "US";

/// Plaid with its settings.
struct Plaid {
    /// `None` if it is not configured.
    client: Option<Client>,
    link: Link,
}

/// How Link is opened.
struct Link {
    client_name: String,
    country_codes: Vec<String>,
}

impl Link {
    fn of(settings: &Settings) -> Self {
        let countries = settings.first(COUNTRY_CODES).unwrap_or_else(|| DEFAULT_COUNTRY_CODES.to_owned());
        let countries = countries.split(',').map(|code| code.trim().to_ascii_uppercase());
        Self {
            client_name: settings.first(CLIENT_NAME).unwrap_or_else(|| DEFAULT_CLIENT_NAME.to_owned()),
            country_codes: countries.filter(|code| !code.is_empty()).collect(),
        }
    }
}

/// Plaid with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let client = settings.first(CLIENT_ID).zip(settings.first(SECRET)).map(|(id, secret)| Client { id, secret });
    Arc::new(Plaid { client, link: Link::of(settings) })
}

impl Provider for Plaid {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        self.client.is_some()
    }

    fn verify(
        &self,
        delivery: RawDelivery,
        keys: &dyn KeySource,
        now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if !self.is_configured() {
            return Err(VerifyError::NotConfigured);
        }
        let key = signature::verify(&delivery, keys, now)?;
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn key_request(&self, id: &KeyId) -> Option<Request> {
        self.client.as_ref().map(|client| client.key_request(&id.name))
    }

    fn read_key(&self, id: &KeyId, response: ApiResponse) -> Result<FetchedKey, FetchError> {
        signature::read_key(id, response)
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| events::meaning(&body))
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        Some(self)
    }

    fn connect(&self) -> Option<&dyn Connect> {
        Some(self)
    }

    /// Only Plaid has the private halves of its keys.
    fn sign(&self, _message_id: &str, _body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        None
    }
}
