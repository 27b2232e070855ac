//! Basiq: Australian banks.
//!
//! Owns its two signature forms and its thin bodies. Must not follow a link from a body: ids are read from
//! it and nothing else.
//!
//! Basiq signs by Standard Webhooks (<https://api.basiq.io/docs/webhooks>, "Webhooks security"). The
//! original guide's `X-Basiq-Signature: sha256=<hex>` is in none of its documents, but senders that were
//! written to that guide use it.

use jiff::Timestamp;
use wire::Currency;

use crate::fat::{self, Envelope, Understood, status_word};
use crate::registry::Settings;
use crate::signature::{self, Keys};
use crate::{Connector, ConnectorInfo, Headers, Malformed, Meaning, RawDelivery, VerifiedDelivery, VerifyError};

const INFO: ConnectorInfo = ConnectorInfo {
    id: "basiq",
    name: "Basiq",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::AUD,
    capabilities: &["webhook", "transactions", "accounts", "connection-status"],
};

const GUIDE_HEADER: &str = "x-basiq-signature";

/// Where Basiq's links lead.
const API: &str = "https://au-api.basiq.io/";

/// The connector with its secrets.
pub struct Basiq {
    info: ConnectorInfo,
    /// Keys of Standard Webhooks.
    keys: Keys,
    /// The same secrets as the guide's form uses them: their text as it stands.
    guide_keys: Keys,
    /// The guide's form carries no time stamp; this refuses it.
    strict: bool,
}

impl Basiq {
    /// With `BASIQ_WEBHOOK_SECRET` and `BASIQ_WEBHOOK_STRICT`.
    pub fn new(settings: &Settings) -> Self {
        Self {
            info: INFO,
            keys: Keys::standard_webhooks(&settings.basiq_webhook_secrets),
            guide_keys: Keys::literal(&settings.basiq_webhook_secrets),
            strict: settings.basiq_webhook_strict,
        }
    }

    /// The guide's form. It has no id and no time, so the same bytes are the same delivery.
    fn verify_guide(&self, headers: &Headers, body: &[u8]) -> Result<String, VerifyError> {
        let sent: Vec<_> = headers.list(GUIDE_HEADER).filter_map(signature::from_prefixed_hex).collect();
        if !self.guide_keys.verify(&[body], &sent) {
            return Err(VerifyError::Mismatch);
        }
        Ok(format!("sha256:{}", signature::sha256_hex(body)))
    }
}

impl Connector for Basiq {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }

    fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Where both kinds of headers are there, those of Standard Webhooks decide: they are the ones that
    /// sign the time.
    fn verify(&self, delivery: RawDelivery, now: Timestamp) -> Result<VerifiedDelivery, VerifyError> {
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

    fn normalise(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Malformed> {
        fat::normalise(delivery.body(), thin)
    }

    fn sign(&self, message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        signature::sign_standard(&self.keys, message_id, body, now)
    }
}

/// A body that has links and no data: three members, of which only a connection's own event tells enough
/// by itself (<https://api.basiq.io/reference/events>).
fn thin(envelope: &Envelope<'_>) -> Understood<Option<Meaning>> {
    if envelope.document.raw(&["data"]).is_some() {
        return Ok(None);
    }
    let Some(links) = envelope.document.object(&["links"])? else { return Ok(None) };
    if envelope.event.noun() != "connection" {
        return Err(fat::thin(&envelope.event));
    }
    let status = status_word(envelope.event.verb_text()).ok_or_else(|| fat::thin(&envelope.event))?;
    let connection_id = links
        .text(&["eventEntity"])
        .as_deref()
        .and_then(connection_of)
        .map(str::to_owned)
        .ok_or_else(|| format!("{} has no link to a connection at {API}", envelope.event))?;
    let change = fat::status_change(status, true, None, fat::of_event(&envelope.document));
    Ok(Some(Meaning::Changes { connection_id, changes: vec![change], rejected: vec![] }))
}

/// The connection's id in `https://au-api.basiq.io/users/<id>/connections/<id>`; nothing for any other link.
fn connection_of(link: &str) -> Option<&str> {
    let mut path = link.strip_prefix(API)?.split('/');
    let is_id = |part: &&str| {
        (1..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (path.next() == Some("users")).then_some(())?;
    path.next().filter(is_id)?;
    (path.next() == Some("connections")).then_some(())?;
    let id = path.next().filter(is_id)?;
    path.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_only_from_basiqs_own_links() {
        let id = "ee01356a-6ecb-4929-9c2d-87b961bb46d2";
        assert_eq!(connection_of(&format!("https://au-api.basiq.io/users/u-1/connections/{id}")), Some(id));
        for link in [
            "http://au-api.basiq.io/users/u/connections/c",
            "https://au-api.basiq.io.example/users/u/connections/c",
            "https://au-api.basiq.io@example.org/users/u/connections/c",
            "https://au-api.basiq.io/users/u/connections/c/refresh",
            "https://au-api.basiq.io/users/u/connections/../c",
            "https://au-api.basiq.io/users/u/connections/",
            "https://au-api.basiq.io/users/u/accounts/c",
            "https://au-api.basiq.io//users/u/connections/c",
            "https://au-api.basiq.io/users/u/connections/c?x=1",
        ] {
            assert_eq!(connection_of(link), None, "{link}");
        }
    }
}
