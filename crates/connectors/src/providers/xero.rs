//! Xero: accounting.
//!
//! Owns its settings, its signature and its batches of events, which name the changed records. Must not answer with a
//! body: Xero accepts none.
//!
//! <https://developer.xero.com/documentation/guides/webhooks/overview>,
//! <https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero-webhooks.yaml>

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use wire::Currency;

use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::json::Document;
use crate::keys::KeySource;
use crate::meaning::{Meaning, Wanted, event_name};
use crate::provider::{Description, Provider};
use crate::responses::{Response, Responses};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, HmacKeys};
use crate::understood::Understood;
use crate::{body, ids};

/// Xero's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "xero",
    name: "Xero",
    connector_type: "accounting",
    source: "CUSTOM",
    default_currency: Currency::NZD,
    capabilities: &["webhook"],
    settings: &[Setting {
        name: Cow::Borrowed(WEBHOOK_KEY),
        meaning: "the app's webhooks key",
        kind: SettingKind::Secrets,
        default: None,
        required_for: Some("webhooks"),
    }],
};

const WEBHOOK_KEY: &str = "XERO_WEBHOOK_KEY";
const HEADER: &str = "x-xero-signature";

/// Xero with its keys.
struct Xero {
    keys: HmacKeys,
}

/// Xero with its settings.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    Arc::new(Xero { keys: HmacKeys::literal(settings.values(WEBHOOK_KEY)) })
}

impl Provider for Xero {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    /// A repetition has the same bytes; each delivery contains some random ones (`entropy`).
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
        let sent: Vec<_> = delivery.headers.list(HEADER).filter_map(signature::from_base64).collect();
        if !self.keys.verify(&[&delivery.body], &sent) {
            return Err(VerifyError::Mismatch);
        }
        let key = signature::event_key(None, &delivery.body);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    /// Xero tests a new address with right and with wrong signatures ("intent to receive"), and expects 200 and 401
    /// without a body.
    fn responses(&self) -> Responses {
        Responses {
            accepted: Response::empty(200),
            bad_signature: Response::empty(401),
            malformed: Response::empty(400),
            unavailable: Response::empty(503),
        }
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| meaning(&body))
    }

    fn sign(&self, _message_id: &str, body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        Some(vec![(HEADER.to_owned(), STANDARD.encode(self.keys.sign(&[body])?))])
    }
}

/// The connection is Xero's tenant. None of its events is about a bank transaction; payments appear in invoices and
/// credit notes.
fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let (mut tenant, mut name) = (None, None);
    for raw in body.array(&["events"]).ok_or("the body has no events")? {
        let event = Document::open(raw)?.ok_or("an event is not an object")?;
        let category = event.text(&["eventCategory"]).ok_or("an event names no category")?;
        match category.as_str() {
            "INVOICE" | "CREDITNOTE" => {}
            // A changed name, or the app's own subscription.
            "CONTACT" | "SUBSCRIPTION" => continue,
            _ => return Err(Meaning::unknown_event(&category)),
        }
        let own = ids::needed(&event, "tenantId", "tenant")?;
        if tenant.get_or_insert_with(|| own.clone()) != &own {
            return Err("its events are of several tenants".to_owned());
        }
        let kind = event.text(&["eventType"]).unwrap_or_default();
        name.get_or_insert_with(|| event_name(&format!("{category}/{kind}")));
    }
    let Some(event) = name else { return Ok(Meaning::Nothing) };
    Ok(Meaning::Fetch { event, connection_id: tenant, wanted: Wanted::Transactions })
}
