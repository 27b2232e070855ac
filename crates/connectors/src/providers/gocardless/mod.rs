//! GoCardless: payments that a merchant collects by direct debit or instantly.
//!
//! Owns its settings, its signature and its batches of events, which name the changed records and carry no amounts:
//! those are fetched ([`fetch`]). Must not read GoCardless Bank Account Data, which has no webhooks.
//!
//! <https://developer.gocardless.com/api-reference/#appendix-webhooks>, <https://github.com/gocardless/gocardless-pro-python>

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
use crate::json::Document;
use crate::keys::KeySource;
use crate::meaning::{Meaning, Wanted, event_name};
use crate::provider::{Description, Provider};
use crate::responses::{Response, Responses};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, HmacKeys};
use crate::understood::Understood;
use crate::{body, ids, inline};

/// GoCardless's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "gocardless",
    name: "GoCardless",
    connector_type: "payment",
    source: "PAYMENT_API",
    default_currency: Currency::GBP,
    capabilities: &["webhook", "connection-status"],
    settings: &[
        Setting {
            name: Cow::Borrowed(WEBHOOK_SECRET),
            meaning: "the webhook endpoint's secret",
            kind: SettingKind::Secrets,
            default: None,
            required_for: Some("webhooks"),
        },
        Setting {
            name: Cow::Borrowed(ACCESS_TOKEN),
            meaning: "your organisation's access token, for connections without a token of their own",
            kind: SettingKind::Secrets,
            default: None,
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(API_URL),
            meaning: "the base URL of GoCardless's API; `https://api-sandbox.gocardless.com` for its sandbox",
            kind: SettingKind::Url,
            default: Some("https://api.gocardless.com"),
            required_for: None,
        },
        Setting {
            name: Cow::Borrowed(ORGANISATION),
            meaning: "your organisation's id, `OR…`: the connection of events that name no organisation, such as those of a merchant's own endpoint",
            kind: SettingKind::Text,
            default: None,
            required_for: None,
        },
    ],
};

const WEBHOOK_SECRET: &str = "GOCARDLESS_WEBHOOK_SECRET";
const ACCESS_TOKEN: &str = "GOCARDLESS_ACCESS_TOKEN";
const API_URL: &str = "GOCARDLESS_API_URL";
const ORGANISATION: &str = "GOCARDLESS_ORGANISATION";
const HEADER: &str = "webhook-signature";

/// Resources about agreements and customers, not about movements of money.
const WITHOUT_MONEY: [&str; 13] = [
    "bank_authorisations",
    "billing_requests",
    "billing_request_flows",
    "creditors",
    "customers",
    "customer_bank_accounts",
    "exports",
    "instalment_schedules",
    "mandates",
    "mandate_imports",
    "payer_authorisations",
    "scheme_identifiers",
    "subscriptions",
];

/// GoCardless with its settings.
struct GoCardless {
    keys: HmacKeys,
    /// The access token of the operator's own organisation.
    access_token: Option<String>,
    organisation: Option<String>,
}

/// GoCardless with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let keys = HmacKeys::literal(settings.values(WEBHOOK_SECRET));
    let (access_token, organisation) = (settings.first(ACCESS_TOKEN), settings.first(ORGANISATION));
    Arc::new(GoCardless { keys, access_token, organisation })
}

impl Provider for GoCardless {
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
        let sent: Vec<_> = delivery.headers.list(HEADER).filter_map(signature::from_hex).collect();
        if !self.keys.verify(&[&delivery.body], &sent) {
            return Err(VerifyError::Mismatch);
        }
        let key = delivery_key(&delivery.body);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    /// GoCardless requires 498 for a bad signature (the API reference, "Webhooks").
    fn responses(&self) -> Responses {
        Responses { bad_signature: Response::json(498), ..Responses::default() }
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| self.meaning(&body))
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        Some(self)
    }

    fn sign(&self, _message_id: &str, body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        Some(vec![(HEADER.to_owned(), hex::encode(self.keys.sign(&[body])?))])
    }
}

/// The key: the events' ids, which a repeated delivery has too, whatever surrounds them.
fn delivery_key(bytes: &[u8]) -> String {
    let events = body::object(bytes).and_then(|body| body.array(&["events"])).unwrap_or_default();
    let id = |raw| ids::id(&Document::open(raw).ok()??, &["id"], "event").ok()?;
    let found: Option<Vec<String>> = events.into_iter().map(id).collect();
    let ids = found.filter(|ids| !ids.is_empty()).map(|ids| ids.join(" "));
    format!("sha256:{}", signature::sha256_hex(ids.as_deref().map_or(bytes, str::as_bytes)))
}

/// An event of a batch.
struct Event<'a> {
    resource: String,
    name: String,
    links: Option<Document<'a>>,
    version: Option<i64>,
}

impl<'a> Event<'a> {
    fn read(event: &Document<'a>) -> Understood<Self> {
        let resource = event.text(&["resource_type"]).ok_or("an event names no resource")?;
        let action = event.text(&["action"]).ok_or("an event names no action")?;
        let name = event_name(&format!("{resource}/{action}"));
        Ok(Self { resource, name, links: event.object(&["links"])?, version: inline::of_event(event) })
    }

    fn link(&self, name: &str) -> Understood<Option<String>> {
        self.links.as_ref().map_or(Ok(None), |links| ids::id(links, &[name], name))
    }
}

impl GoCardless {
    /// The meaning of a delivery, which must be about one merchant, or cannot be applied as a whole.
    fn meaning(&self, body: &Document<'_>) -> Understood<Meaning> {
        let mut events = vec![];
        for raw in body.array(&["events"]).ok_or("the body has no events")? {
            let event = Event::read(&Document::open(raw)?.ok_or("an event is not an object")?)?;
            if !WITHOUT_MONEY.contains(&event.resource.as_str()) {
                events.push(event);
            }
        }
        let Some(first) = events.first() else { return Ok(Meaning::Nothing) };
        let organisation = first.link("organisation")?;
        for event in &events {
            if event.link("organisation")? != organisation {
                return Err("its events are of several organisations".to_owned());
            }
        }
        let connection_id = organisation.or_else(|| self.organisation.clone());
        match first.name.as_str() {
            "organisations/disconnected" if events.len() == 1 => {
                let connection_id = connection_id.ok_or("the event names no organisation")?;
                let update = Update::ConnectionStatus("revoked");
                Ok(Meaning::of(connection_id, Change { version: first.version, update }))
            }
            _ => Ok(Meaning::Fetch { event: first.name.clone(), connection_id, wanted: wanted(&events)? }),
        }
    }
}

/// What to fetch: a single payment, else everything that is new.
fn wanted(events: &[Event<'_>]) -> Understood<Wanted> {
    for event in events {
        if !matches!(event.resource.as_str(), "payments" | "payouts" | "refunds" | "payment_account_transactions") {
            return Err(Meaning::unknown_event(&event.name));
        }
    }
    let [only] = events else { return Ok(Wanted::Transactions) };
    let payment = only.link("payment")?.filter(|_| only.resource == "payments");
    Ok(payment.map_or(Wanted::Transactions, |id| Wanted::Record { kind: "payment".to_owned(), id }))
}
