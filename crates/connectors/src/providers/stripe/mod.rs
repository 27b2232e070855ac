//! Stripe: cards that it issues, treasury accounts, banks that are linked through it, and a merchant's own balance.
//!
//! Owns its settings, its signature and the event around each object. Must not know the members of the objects:
//! `issuing`, `treasury`, `linked` and `balance` do.
//!
//! <https://docs.stripe.com/webhooks>, <https://github.com/stripe/openapi>

mod balance;
mod event;
mod issuing;
mod linked;
mod money;
mod treasury;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use self::event::Event;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, TOLERANCE_SECONDS, VerifyError};
use crate::json::Document;
use crate::keys::KeySource;
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, HmacKeys};
use crate::understood::Understood;
use crate::{body, ids, inline};

/// Stripe's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "stripe",
    name: "Stripe",
    connector_type: "payment",
    source: "PAYMENT_API",
    default_currency: Currency::USD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(WEBHOOK_SECRET),
            meaning: "the endpoint's signing secret, `whsec_…`",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(ACCOUNT),
            meaning: "the id of your own account, `acct_…`: the connection of `balance.available` where no Connect account is named",
            kind: SettingKind::Text,
            default: None,
            required_for: None,
        },
    ],
};

const WEBHOOK_SECRET: &str = "STRIPE_WEBHOOK_SECRET";
const ACCOUNT: &str = "STRIPE_ACCOUNT";
const HEADER: &str = "stripe-signature";

/// Stripe with its settings.
struct Stripe {
    /// The secrets' literal text. They have the prefix of Standard Webhooks' secrets, but are not base64
    /// (<https://github.com/stripe/stripe-python/blob/master/stripe/_webhook.py>).
    keys: HmacKeys,
    account: Option<String>,
}

/// Stripe with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let keys = HmacKeys::literal(settings.values(WEBHOOK_SECRET));
    Arc::new(Stripe { keys, account: settings.first(ACCOUNT) })
}

impl Stripe {
    fn meaning(&self, body: &Document<'_>) -> Understood<Meaning> {
        if body.text(&["object"]).as_deref() != Some("event") {
            return Err("the body is not an event of Stripe's API v1".to_owned());
        }
        let name = body.text(&["type"]).ok_or("the body names no event")?;
        let data = body.object(&["data"])?.ok_or("the event has no data")?;
        let object = data.object(&["object"])?.ok_or("the event has no object")?;
        let account = ids::id(body, &["account"], "account")?;
        let event = Event { name, account, object, version: inline::of_event(body) };
        match event.name.as_str() {
            "balance.available" => balance::meaning(&event, self.account.as_deref()),
            name if name.starts_with("issuing_transaction.") => issuing::meaning(&event),
            name if name.starts_with("treasury.") => treasury::meaning(&event),
            name if name.starts_with("financial_connections.account.") => linked::meaning(&event),
            _ => Err(Meaning::unknown_event(&event.name)),
        }
    }
}

impl Provider for Stripe {
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
        body::understand(delivery.body(), |body| self.meaning(&body))
    }

    fn sign(&self, _message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        Some(vec![(HEADER.to_owned(), signature::sign_timestamped(&self.keys, body, now)?)])
    }
}
