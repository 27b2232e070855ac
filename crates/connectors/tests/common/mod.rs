//! What the test files share: a registry with given secrets, and a moment.

#![allow(dead_code, reason = "not every test file uses everything")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

pub(crate) mod bodies;
pub(crate) mod shown;

use std::sync::Arc;

use connectors::registry::{Registry, Settings};
use connectors::{Connector, Headers, RawDelivery};
use jiff::Timestamp;

/// Made for these tests; base64 after its prefix, as one secret serves every connector here.
pub(crate) const SECRET: &str = "whsec_dGFsbHl3aXJlLXRlc3Qta2V5LW5vdC1hLXNlY3JldCE=";

pub(crate) const NOW: i64 = 1_714_391_300;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Every connector with the same secrets. A field that a new connector adds has to be named here.
pub(crate) fn registry(secrets: &[&str]) -> Registry {
    let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    Registry::new(&Settings {
        basiq_webhook_secrets: secrets.clone(),
        basiq_webhook_strict: false,
        apideck_webhook_secrets: secrets,
    })
}

/// One connector out of such a registry.
pub(crate) fn connector(id: &str, secrets: &[&str]) -> Arc<dyn Connector> {
    registry(secrets).get(id).expect("a connector of that name").clone()
}

pub(crate) fn delivery(headers: &[(&str, &str)], body: &[u8]) -> RawDelivery {
    RawDelivery { headers: headers.iter().copied().collect::<Headers>(), body: body.to_vec() }
}
