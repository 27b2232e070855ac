//! Wise: balances in several currencies.
//!
//! Owns its settings and its signature. Must not know what bodies mean: `events` does.
//!
//! <https://docs.wise.com/guides/developer/webhooks/event-handling>

mod events;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use wire::Currency;

use crate::body;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::keys::KeySource;
use crate::meaning::Meaning;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, SettingKind, Settings};
use crate::signature::{self, PublicKey};

/// Wise's name, settings and capabilities.
pub(super) const DESCRIPTION: Description<'static> = Description {
    id: "wise",
    name: "Wise",
    connector_type: "bank",
    source: "BANK_API",
    default_currency: Currency::GBP,
    capabilities: &["webhook", "transactions", "accounts"],
    settings: &[Setting {
        name: Cow::Borrowed(WEBHOOK_KEY),
        meaning: "whose signatures are accepted: `production`, `sandbox`, or a public key of Wise in base64; several separated by commas",
        kind: SettingKind::Text,
        default: None,
        required_for: Some("webhooks"),
    }],
};

const WEBHOOK_KEY: &str = "WISE_WEBHOOK_KEY";

/// The older `X-Signature` uses SHA-1, and is not read.
const HEADER: &str = "x-signature-sha256";

/// The keys that Wise publishes (the page above, "Verifying signatures"; the sandbox's also in
/// <https://github.com/transferwise/digital-signatures-examples>).
const PRODUCTION: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvO8vXV+JksBzZAY6GhSOXdoTCfhXaaiZ+qAbtaDBiu2AGkGVpmEygFmWP4Li9m5+Ni85BhVvZOodM9epgW3FbA5Q1SexvAF1PPjX4JpMstak/QhAgl1qMSqEevL8cmUeTgcMuVWCJmlge9h7B1CSD4rtlimGZozG39rUBDg6Qt2K+P4wBfLblL0k4C4YUdLnpGYEDIth+i8XsRpFlogxCAFyH9+knYsDbR43UJ9shtc42Ybd40Afihj8KnYKXzchyQ42aC8aZ/h5hyZ28yVyOj3Vos0VdBIs/gAyJ/4yyQFCXYte64I7ssrlbGRaco4nKF3HmaNhxwyKyJafz19eHwIDAQAB";
const SANDBOX: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwpb91cEYuyJNQepZAVfPZIlPZfNUefH+n6w9SW3fykqKu938cR7WadQv87oF2VuT+fDt7kqeRziTmPSUhqPUys/V2Q1rlfJuXbE+Gga37t7zwd0egQ+KyOEHQOpcTwKmtZ81ieGHynAQzsn1We3jwt760MsCPJ7GMT141ByQM+yW1Bx+4SG3IGjXWyqOWrcXsxAvIXkpUD/jK/L958CgnZEgz0BSEh0QxYLITnW1lLokSx/dTianWPFEhMC9BgijempgNXHNfcVirg1lPSygz7KqoKUN0oHqWLr2U1A+7kqrl6O2nx3CKs1bj1hToT1+p4kcMoHXA7kA+VBLUpEsVwIDAQAB";

/// Wise with its keys.
struct Wise {
    keys: Vec<PublicKey>,
}

/// Wise with its settings. A value that is not a key verifies nothing.
pub(super) fn provider(settings: &Settings) -> Arc<dyn Provider> {
    let values = settings.values(WEBHOOK_KEY).iter().flat_map(|value| value.split(','));
    let key = |value: &str| match value.trim() {
        "production" => PublicKey::rsa(PRODUCTION),
        "sandbox" => PublicKey::rsa(SANDBOX),
        key => PublicKey::rsa(key),
    };
    Arc::new(Wise { keys: values.filter_map(key).collect() })
}

impl Provider for Wise {
    fn description(&self) -> Description<'static> {
        DESCRIPTION
    }

    fn is_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    /// RSA with PKCS#1 v1.5 and SHA-256 over the body's bytes. The only signed time is the one in the body.
    fn verify(
        &self,
        delivery: RawDelivery,
        _keys: &dyn KeySource,
        _now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if !self.is_configured() {
            return Err(VerifyError::NotConfigured);
        }
        let signature = signature::bytes_from_base64(delivery.headers.single(HEADER)?).ok_or(VerifyError::Mismatch)?;
        if !self.keys.iter().any(|key| key.has_signed(&delivery.body, &signature)) {
            return Err(VerifyError::Mismatch);
        }
        let key = events::delivery_key(&delivery.body);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        body::understand(delivery.body(), |body| events::meaning(&body))
    }

    /// Only Wise has the private halves of its keys.
    fn sign(&self, _message_id: &str, _body: &[u8], _now: Timestamp) -> Option<Vec<(String, String)>> {
        None
    }
}
