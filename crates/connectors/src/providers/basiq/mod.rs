//! Basiq: Australian banks.
//!
//! Owns its two signature forms and its notifications. Must not follow a link from a body: only ids are read from it.
//!
//! Basiq signs by Standard Webhooks (<https://api.basiq.io/docs/webhooks>, "Webhooks security"). The original guide's
//! `X-Basiq-Signature: sha256=<hex>` is in none of Basiq's documents, but senders that were written to that guide use
//! it.

mod connect;
mod fetch;
mod job;
mod links;

use std::borrow::Cow;
use std::sync::Arc;

use self::fetch::BasiqApi;
use self::links::{API, connection_of, connection_of_filter, user_of_consent};
use jiff::Timestamp;
use wire::Currency;

use crate::connect::Connect;
use crate::delivery::{Authentic, Headers, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::Fetch;
use crate::inline::{self, Envelope, Understood, status_word};
use crate::keys::KeySource;
use crate::meaning::{Meaning, Wanted};
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, HmacKeys};

/// Basiq's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "basiq",
    name: "Basiq",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::AUD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(API_KEY),
            meaning: "the API key, as issued",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("fetching"),
        },
        Setting {
            name: Cow::Borrowed(API_URL),
            meaning: "the base URL of Basiq's API",
            kind: SettingKind::Url,
            default: Some("https://au-api.basiq.io"),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(CONSENT_URL),
            meaning: "the base URL of Basiq's consent page",
            kind: SettingKind::Url,
            default: Some(DEFAULT_CONSENT_URL),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(WEBHOOK_SECRET),
            meaning: "the webhook's secret, `whsec_…`",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(WEBHOOK_STRICT),
            meaning: "refuse the signature form without a time stamp",
            kind: SettingKind::Flag,
            default: Some("false"),
            required_for: None,
        },
    ],
};

const API_KEY: &str = "BASIQ_API_KEY";
const API_URL: &str = "BASIQ_API_URL";
const CONSENT_URL: &str = "BASIQ_CONSENT_URL";
const DEFAULT_CONSENT_URL: &str = "https://consent.basiq.io";
const WEBHOOK_SECRET: &str = "BASIQ_WEBHOOK_SECRET";
const WEBHOOK_STRICT: &str = "BASIQ_WEBHOOK_STRICT";

const GUIDE_HEADER: &str = "x-basiq-signature";

/// Basiq with its secrets.
struct Basiq {
    /// Keys of Standard Webhooks.
    keys: HmacKeys,
    /// The same secrets for the guide's form, as literal text.
    guide_keys: HmacKeys,
    /// Whether the guide's form is refused, because it carries no time stamp.
    strict: bool,
    api: BasiqApi,
}

/// Basiq with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let secrets = settings.values(WEBHOOK_SECRET);
    Arc::new(Basiq {
        keys: HmacKeys::standard_webhooks(secrets),
        guide_keys: HmacKeys::literal(secrets),
        strict: settings.flag(WEBHOOK_STRICT),
        api: BasiqApi {
            key: settings.text(API_KEY).map(str::to_owned),
            consent_url: settings.text(CONSENT_URL).unwrap_or(DEFAULT_CONSENT_URL).to_owned(),
        },
    })
}

impl Basiq {
    /// Verifies the guide's form. It has no id and no time, so the same bytes are the same delivery.
    fn verify_guide(&self, headers: &Headers, body: &[u8]) -> Result<String, VerifyError> {
        let sent: Vec<_> = headers.list(GUIDE_HEADER).filter_map(signature::from_prefixed_hex).collect();
        if !self.guide_keys.verify(&[body], &sent) {
            return Err(VerifyError::Mismatch);
        }
        Ok(format!("sha256:{}", signature::sha256_hex(body)))
    }
}

impl Provider for Basiq {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    /// If both kinds of headers are present, those of Standard Webhooks decide, because they sign the time.
    fn verify(
        &self,
        delivery: RawDelivery,
        _keys: &dyn KeySource,
        now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if !self.is_configured() {
            return Err(VerifyError::NotConfigured);
        }
        let has_guide = !self.strict && delivery.headers.get(GUIDE_HEADER).is_some();
        let key = if has_guide && !signature::has_standard_headers(&delivery.headers) {
            self.verify_guide(&delivery.headers, &delivery.body)?
        } else {
            let id = signature::verify_standard(&self.keys, &delivery.headers, &delivery.body, now)?;
            format!("webhook-id:{id}")
        };
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        inline::understand(delivery.body(), notification)
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        self.api.key.is_some().then_some(&self.api as &dyn Fetch)
    }

    fn connect(&self) -> Option<&dyn Connect> {
        Some(&self.api)
    }

    fn sign(&self, message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        signature::sign_standard(&self.keys, message_id, body, now)
    }
}

/// A notification: a body with links and without data. Only a connection's own event is complete
/// (<https://api.basiq.io/reference/events>).
fn notification(envelope: &Envelope<'_>) -> Understood<Option<Meaning>> {
    if envelope.document.raw(&["data"]).is_some() {
        return Ok(None);
    }
    let Some(links) = envelope.document.object(&["links"])? else { return Ok(None) };
    let link = links.text(&["eventEntity"]);
    if envelope.event.is_about_transactions() {
        let connection_id = link.as_deref().and_then(connection_of_filter).map(str::to_owned);
        let (event, wanted) = (envelope.event.to_string(), Wanted::Transactions);
        return Ok(Some(Meaning::Fetch { event, connection_id, wanted }));
    }
    if envelope.event.noun() == "consent" {
        return consent(envelope, link.as_deref()).map(Some);
    }
    if envelope.event.noun() != "connection" {
        return Err(inline::notification_only(&envelope.event));
    }
    let status = match envelope.event.verb_text() {
        // Basiq is still connecting the bank; `connection.activated` follows.
        "created" => Some("pending"),
        verb => status_word(verb),
    };
    let status = status.ok_or_else(|| inline::notification_only(&envelope.event))?;
    let connection_id = link
        .as_deref()
        .and_then(connection_of)
        .map(str::to_owned)
        .ok_or_else(|| format!("{} has no link to a connection at {API}", envelope.event))?;
    let change = inline::status_change(status, true, None, inline::of_event(&envelope.document));
    Ok(Some(Meaning::Changes { connection_id, changes: vec![change], rejected: vec![] }))
}

/// The end of a consent. A consent is the user's, so its end concerns every connection of the user: both revocation and
/// expiry oblige the recipient to delete or de-identify that user's data (<https://api.basiq.io/docs/consent-events>).
fn consent(envelope: &Envelope<'_>, link: Option<&str>) -> Understood<Meaning> {
    if !matches!(envelope.event.verb_text(), "revoked" | "expired") {
        return Ok(Meaning::Nothing);
    }
    let user = link
        .and_then(user_of_consent)
        .ok_or_else(|| format!("{} has no link to a user's consent at {API}", envelope.event))?;
    let change = inline::status_change("revoked", true, None, inline::of_event(&envelope.document));
    Ok(Meaning::UserChanges { provider_user: user.to_owned(), changes: vec![change] })
}
