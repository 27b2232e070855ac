//! Shared by the test files: a registry with given secrets, and a moment.

#![allow(dead_code, reason = "not every test file uses everything")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

pub(crate) mod api;
pub(crate) mod bodies;
pub(crate) mod senders;
pub(crate) mod shown;

use std::sync::Arc;

use connectors::declarative::{self, Declaration};
use connectors::{Headers, Provider, RawDelivery, Registry, Setting, Settings, StoredDelivery, providers};
use jiff::Timestamp;

/// Made for these tests; base64 after its prefix, so that one secret serves every connector here.
pub(crate) const SECRET: &str = "whsec_dGFsbHl3aXJlLXRlc3Qta2V5LW5vdC1hLXNlY3JldCE=";

pub(crate) const NOW: i64 = 1_714_391_300;

/// Where deliveries arrive.
pub(crate) const PATH: &str = "/webhook";

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Every provider with the same secrets and its other settings, if there are any secrets; and the declared connectors.
pub(crate) fn registry(secrets: &[&str]) -> Registry {
    let settings = settings(secrets);
    Registry::new(&settings).and_declared(&declared(), &settings)
}

/// The files of `tests/declared`. Each describes a provider that is also implemented in code, under `declared-` and its
/// id.
const DECLARED: [(&str, &str); 3] = [
    ("teller.toml", include_str!("../declared/teller.toml")),
    ("basiq.toml", include_str!("../declared/basiq.toml")),
    ("stripe.toml", include_str!("../declared/stripe.toml")),
];

/// The connectors of these files.
pub(crate) fn declared() -> Vec<Declaration> {
    declarative::read(DECLARED).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The id of the provider, whether code or a file describes it.
pub(crate) fn provider_of(id: &str) -> &str {
    id.strip_prefix("declared-").unwrap_or(id)
}

/// The settings of all providers that have these secrets.
pub(crate) fn settings(secrets: &[&str]) -> Settings {
    let mut settings = Settings::default();
    let declared = declared();
    let mut all: Vec<&Setting> = providers::settings().collect();
    all.extend(declared.iter().flat_map(|declaration| declaration.description().settings));
    for setting in all.into_iter().filter(|setting| setting.is_secret()) {
        settings.set(&setting.name, secrets.iter().copied());
    }
    let known: Vec<&str> = secrets.iter().copied().filter(|secret| !secret.trim().is_empty()).collect();
    if !known.is_empty() {
        settings.set("PLAID_CLIENT_ID", ["client"]);
        settings.set("AKAHU_APP_TOKEN", ["app_token_1"]);
        settings.set("TRUELAYER_WEBHOOKS_URL", ["https://webhooks.truelayer.com"]);
        settings.set("WISE_WEBHOOK_KEY", known.iter().map(|secret| senders::rsa_key(secret)));
    }
    settings
}

/// One provider from such a registry.
pub(crate) fn connector(id: &str, secrets: &[&str]) -> Arc<dyn Provider> {
    registry(secrets).get(id).expect("a provider of that name").clone()
}

pub(crate) fn delivery(headers: &[(&str, &str)], body: &[u8]) -> RawDelivery {
    signed_delivery(headers.iter().copied().collect(), body)
}

pub(crate) fn signed_delivery(headers: Headers, body: &[u8]) -> RawDelivery {
    RawDelivery::post(PATH, headers, body.to_vec())
}

/// A delivery that was verified before.
pub(crate) fn stored(body: &[u8]) -> StoredDelivery {
    StoredDelivery::new(Headers::default(), body.to_vec(), String::new())
}
