//! Webhooks of Apideck.
//!
//! Owns its signature over the received bytes, made without the connector, and the sorted form as the connector itself
//! signs it. The invariants are in `fuzz::webhook`.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fuzz::webhook::{SECRET, Sent, Signature, check, mac, signed_by};
use libfuzzer_sys::fuzz_target;

const ID: &str = "apideck";

fuzz_target!(|input: &[u8]| check(ID, input, signatures));

fn signatures(sent: &Sent) -> Vec<(Signature, Option<i64>)> {
    let raw = mac(SECRET.as_bytes(), &sent.body);
    let header = |signature: String| vec![("X-Apideck-Signature".to_owned(), signature)];
    let forms = [header(hex::encode(raw)), header(STANDARD.encode(raw)), signed_by(ID, sent)];
    forms.into_iter().map(|form| (form, None)).collect()
}
