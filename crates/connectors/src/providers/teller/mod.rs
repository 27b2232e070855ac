//! Teller: banks of the United States.
//!
//! Owns its settings, its signature and its events, which carry the transactions. Must not fetch (`fetch` does), nor
//! know the members of a row (`rows` does).
//!
//! <https://teller.io/docs/api/webhooks>

mod fetch;
mod rows;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use ledger::{Change, Update};
use wire::Currency;

use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::fetch::Fetch;
use crate::items::Items;
use crate::json::Document;
use crate::keys::KeySource;
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, HmacKeys};
use crate::understood::Understood;
use crate::{body, ids, inline};

/// Teller's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "teller",
    name: "Teller",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::USD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(WEBHOOK_SECRET),
            meaning: "the application's signing secret",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed("TELLER_API_URL"),
            meaning: "the base URL of Teller's API; outside its sandbox Teller requires a client certificate, which a proxy has to present",
            kind: SettingKind::Url,
            default: Some("https://api.teller.io"),
            required_for: None,
        },
    ],
};

const WEBHOOK_SECRET: &str = "TELLER_WEBHOOK_SECRET";
const HEADER: &str = "teller-signature";

/// Older signatures must be refused (<https://teller.io/docs/api/webhooks>, "Verifying messages").
const TOLERANCE_SECONDS: i64 = 180;

/// Teller with its secrets.
struct Teller {
    keys: HmacKeys,
}

/// Teller with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    Arc::new(Teller { keys: HmacKeys::literal(settings.values(WEBHOOK_SECRET)) })
}

impl Provider for Teller {
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
        now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if !self.is_configured() {
            return Err(VerifyError::NotConfigured);
        }
        let header = (&delivery.headers, HEADER);
        signature::verify_timestamped(&self.keys, header, &delivery.body, TOLERANCE_SECONDS, now)?;
        let id = body::object(&delivery.body).and_then(|body| ids::id(&body, &["id"], "event").ok()?);
        let key = signature::event_key(id, &delivery.body);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| meaning(&body))
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        Some(self)
    }

    fn sign(&self, _message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        Some(vec![(HEADER.to_owned(), signature::sign_timestamped(&self.keys, body, now)?)])
    }
}

/// The connection is Teller's enrollment.
fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let name = body.text(&["type"]).ok_or("the body names no event")?;
    let payload = body.object(&["payload"])?;
    let enrollment = || -> Understood<_> {
        let payload = payload.as_ref().ok_or("the event has no payload")?;
        Ok((ids::needed(payload, "enrollment_id", "enrollment")?, payload))
    };
    let version = inline::of_event(body);
    match name.as_str() {
        "webhook.test" | "account.number_verification.processed" => Ok(Meaning::Nothing),
        "enrollment.disconnected" => {
            let change = Change { version, update: Update::ConnectionStatus("invalid") };
            Ok(Meaning::of(enrollment()?.0, change))
        }
        "transactions.processed" => {
            let (connection_id, payload) = enrollment()?;
            transactions(connection_id, payload, version)
        }
        _ => Err(Meaning::unknown_event(&name)),
    }
}

fn transactions(connection_id: String, payload: &Document<'_>, version: Option<i64>) -> Understood<Meaning> {
    let items = payload.array(&["transactions"]).ok_or("the event carries no transactions")?;
    if items.is_empty() {
        return Ok(Meaning::Nothing);
    }
    let mut read = Items::default();
    read.add(("transactions", items), "id", |item| Ok(rows::transaction(item)?.into_change(version)));
    Meaning::of_items(Ok(connection_id), read.changes, read.rejected)
}
