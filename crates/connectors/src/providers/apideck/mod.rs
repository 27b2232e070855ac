//! Apideck: accounting programs behind one interface.
//!
//! Owns what it signs and its `payload` envelope. Must not fetch a body's `entity_url`.
//!
//! The header is an HMAC-SHA256 under the application's API key of the *sorted* body
//! (<https://developers.apideck.com/guides/webhook-signature-verification>). Apideck's own documents disagree on the
//! details and publish no vector, so three forms are tried; all take the same key.

mod accounts;
mod connect;
mod fetch;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;
use wire::Currency;

use self::fetch::ApideckApi;
use crate::canonical::{Arrays, canonical};
use crate::connect::Connect;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::Fetch;
use crate::inline::{self, Envelope, Event, Understood, status_word};
use crate::json::{self, Document};
use crate::keys::KeySource;
use crate::meaning::{Meaning, Wanted};
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, Digest256, HmacKeys};

/// Apideck's name, settings and capabilities.
///
/// `source` is `CUSTOM`: of the words that clients know, `BANK_API` would claim that a ledger's record is a bank's
/// statement, and `WEBHOOK` and `PAYMENT_API` name other kinds of connectors.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "apideck",
    name: "Apideck",
    connector_type: "accounting",
    source: "CUSTOM",
    default_currency: Currency::USD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(API_KEY),
            meaning: "the application's API key",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("fetching"),
        },
        Setting {
            name: Cow::Borrowed(APP_ID),
            meaning: "the application's id",
            kind: SettingKind::Text,
            default: None,
            required_for: Some("fetching"),
        },
        Setting {
            name: Cow::Borrowed(API_URL),
            meaning: "the base URL of Apideck's Unify API",
            kind: SettingKind::Url,
            default: Some("https://unify.apideck.com"),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(WEBHOOK_SECRET),
            meaning: "the key with which Apideck signs webhooks: the API key, which is the default",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
    ],
};

const API_KEY: &str = "APIDECK_API_KEY";
const APP_ID: &str = "APIDECK_APP_ID";
const API_URL: &str = "APIDECK_API_URL";
const WEBHOOK_SECRET: &str = "APIDECK_WEBHOOK_SECRET";

const HEADER: &str = "x-apideck-signature";
const MAX_EVENT_ID: usize = 200;

/// Apideck with its secrets.
struct Apideck {
    keys: HmacKeys,
    api: ApideckApi,
}

/// Apideck with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let secrets = [settings.values(WEBHOOK_SECRET), settings.values(API_KEY)];
    let secrets = secrets.into_iter().find(|secrets| !secrets.is_empty()).unwrap_or_default();
    let text = |name| settings.text(name).map(str::to_owned);
    Arc::new(Apideck { keys: HmacKeys::literal(secrets), api: ApideckApi { key: text(API_KEY), app_id: text(APP_ID) } })
}

impl Apideck {
    /// The signed bytes, if any of the three forms matches. The raw bytes come first: they need no parsing of
    /// unverified input.
    fn signed_form(&self, body: &[u8], sent: &[Digest256]) -> Result<Vec<u8>, VerifyError> {
        if self.keys.verify(&[body], sent) {
            return Ok(body.to_vec());
        }
        let unreadable = |reason: json::Unreadable| VerifyError::Unreadable(reason.to_string());
        let raw = json::read(body).map_err(unreadable)?;
        for arrays in [Arrays::Untouched, Arrays::Sorted] {
            let form = canonical(raw, arrays).map_err(unreadable)?;
            if self.keys.verify(&[form.as_bytes()], sent) {
                return Ok(form.into_bytes());
            }
        }
        Err(VerifyError::Mismatch)
    }
}

impl Provider for Apideck {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    fn verify(
        &self,
        delivery: RawDelivery,
        _keys: &dyn KeySource,
        _now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if !self.is_configured() {
            return Err(VerifyError::NotConfigured);
        }
        if delivery.headers.get(HEADER).is_none() {
            return Err(VerifyError::Missing(HEADER.into()));
        }
        let digest = |text| signature::from_hex(text).or_else(|| signature::from_base64(text));
        let sent: Vec<_> = delivery.headers.list(HEADER).filter_map(digest).collect();
        if sent.is_empty() {
            return Err(VerifyError::Mismatch);
        }
        let signed = self.signed_form(&delivery.body, &sent)?;
        let key = delivery_key(&signed);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        inline::understand(delivery.body(), own_events)
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        self.api.key.is_some().then_some(&self.api as &dyn Fetch)
    }

    fn connect(&self) -> Option<&dyn Connect> {
        Some(&self.api)
    }

    /// In the form of Apideck's guide: sorted, arrays untouched, hex.
    fn sign(&self, message_id: &str, body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        let raw = json::read(body).ok();
        let form = raw.and_then(|raw| canonical(raw, Arrays::Untouched).ok());
        let mac = self.keys.sign(&[form.as_deref().map_or(body, str::as_bytes)])?;
        let mut headers = vec![
            (HEADER.to_owned(), hex::encode(mac)),
            ("x-apideck-idempotency-key".to_owned(), message_id.to_owned()),
        ];
        headers.extend(raw.and_then(event_name).map(|name| ("x-apideck-event-type".to_owned(), name)));
        Some(headers)
    }
}

/// The signed event's id, else the hash of the signed bytes. It is the hash of the sorted form and not of the body,
/// because bodies that differ only in order and whitespace share one signature and would pass as several deliveries.
/// The idempotency header is not signed and therefore worthless here.
fn delivery_key(signed: &[u8]) -> String {
    match json::read(signed).ok().and_then(event_id) {
        Some(id) => format!("event:{id}"),
        None => format!("sha256:{}", signature::sha256_hex(signed)),
    }
}

fn event_id(raw: &RawValue) -> Option<String> {
    let body = Document::open(raw).ok()??;
    let payload = body.object(&["payload"]).ok()?;
    let names = ["event_id", "eventId"];
    payload.and_then(|payload| payload.id(&names)).or_else(|| body.id(&names)).filter(|id| is_short(id))
}

fn event_name(raw: &RawValue) -> Option<String> {
    let body = Document::open(raw).ok()??;
    let payload = body.object(&["payload"]).ok()?;
    let event = Event::read(&body).or_else(|| payload.as_ref().and_then(Event::read))?;
    Some(event.to_string()).filter(|name| name.is_ascii())
}

/// The events in Apideck's own form: the connection's events, and notifications of records.
fn own_events(envelope: &Envelope<'_>) -> Understood<Option<Meaning>> {
    if envelope.event.is_under("vault.connection.") {
        return connection_event(envelope).map(Some);
    }
    let records =
        ["data", "entity", "transactionId", "transaction_id", "transaction", "transactions", envelope.event.noun()];
    let has_record = envelope.document.raw(&records).is_some();
    match envelope.document.id(&["entity_id"]).filter(|id| is_short(id)) {
        Some(id) if envelope.event.is_about_transactions() && !has_record => {
            let kind = envelope.event.noun().to_owned();
            let (event, connection_id) = (envelope.event.to_string(), connection_of(envelope));
            Ok(Some(Meaning::Fetch { event, connection_id, wanted: Wanted::Record { kind, id } }))
        }
        _ => Ok(None),
    }
}

/// The connection of a record's notification, composed of its service and consumer.
fn connection_of(envelope: &Envelope<'_>) -> Option<String> {
    let service = envelope.document.id(&["service_id"]).filter(|id| is_short(id))?;
    let consumer = envelope.document.id(&["consumer_id"]).filter(|id| is_short(id))?;
    Some(format!("{service}+{consumer}")).filter(|id| is_short(id))
}

fn is_short(id: &str) -> bool {
    id.chars().count() <= MAX_EVENT_ID && !id.chars().any(char::is_control)
}

/// `vault.connection.*` carry the connection as the `entity`, and its id as `entity_id` too (vault.yml in
/// <https://github.com/apideck-libraries/openapi-specs>).
fn connection_event(envelope: &Envelope<'_>) -> Understood<Meaning> {
    let entity = envelope.document.object(&["entity"])?;
    let state = entity.as_ref().and_then(|entity| entity.text(&["state"]));
    let by_state = || state.as_deref().and_then(status_word);
    let by_event = match (envelope.event.noun(), envelope.event.verb_text()) {
        ("connection", verb @ ("callable" | "disabled" | "deleted" | "revoked")) => status_word(verb),
        ("token_refresh", "failed") => Some("invalid"),
        ("token_refresh", "recovered") => Some("active"),
        _ => None,
    };
    // A new connection can now be authorised; its state tells its progress.
    let is_new = envelope.event.noun() == "connection" && envelope.event.verb_text() == "created";
    let status = by_event.or_else(by_state).or(is_new.then_some("pending"));
    let status = status.ok_or_else(|| format!("{} has no state of the connection", envelope.event))?;
    let connection_id = entity
        .as_ref()
        .and_then(|entity| entity.id(&["id"]))
        .or_else(|| envelope.document.id(&["entity_id"]))
        .filter(|id| is_short(id))
        .ok_or_else(|| format!("{} names no connection", envelope.event))?;
    let row = entity.as_ref().and_then(inline::of_row);
    let change = inline::status_change(status, by_event.is_some(), row, envelope.version(&envelope.document));
    Ok(Meaning::Changes { connection_id, changes: vec![change], rejected: vec![] })
}
