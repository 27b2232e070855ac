//! Akahu: banks of New Zealand.
//!
//! Owns its settings and how its parts fit together: its signature (`signature`), the meaning of its webhooks
//! (`events`), its API (`fetch`) and its rows (`rows`). Must not know the server that calls it.
//!
//! <https://developers.akahu.nz/docs/reference-webhooks>, <https://github.com/akahu-io/akahu-sdk-js>

mod events;
mod fetch;
mod rows;
mod signature;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use self::signature::App;
use crate::body;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::{ApiResponse, Fetch, FetchError, Request};
use crate::keys::{FetchedKey, KeyId, KeySource};
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};

/// Akahu's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: signature::PROVIDER,
    name: "Akahu",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::NZD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(APP_TOKEN),
            meaning: "the app's id token, `app_token_…`; sent with all calls to Akahu, including those for webhook keys",
            kind: SettingKind::Text,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(APP_SECRET),
            meaning: "the app's secret",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed("AKAHU_API_URL"),
            meaning: "the base URL of Akahu's API",
            kind: SettingKind::Url,
            default: Some("https://api.akahu.io/v1"),
            required_for: None,
        },
    ],
};

const APP_TOKEN: &str = "AKAHU_APP_TOKEN";
const APP_SECRET: &str = "AKAHU_APP_SECRET";

/// Akahu with its settings.
struct Akahu {
    /// `None` if it is not configured.
    app: Option<App>,
}

/// Akahu with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let app = settings.first(APP_TOKEN).zip(settings.first(APP_SECRET)).map(|(token, secret)| App { token, secret });
    Arc::new(Akahu { app })
}

impl Provider for Akahu {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        self.app.is_some()
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
        signature::verify(&delivery, keys)?;
        let key = events::delivery_key(&delivery.body, now);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn key_request(&self, id: &KeyId) -> Option<Request> {
        self.app.as_ref().map(|app| app.key_request(&id.name))
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

    /// Only Akahu has the private halves of its keys.
    fn sign(&self, _message_id: &str, _body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        None
    }
}
