//! Webhooks of Basiq.
//!
//! Owns its two signature forms, made without the connector. The invariants are in `fuzz::webhook`.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fuzz::webhook::{KEY, SECRET, SIGNED_AT, Sent, Signature, check, mac};
use libfuzzer_sys::fuzz_target;

/// The tolerated clock difference, in seconds.
const TOLERANCE: i64 = 300;

fuzz_target!(|input: &[u8]| check("basiq", input, signatures));

fn signatures(sent: &Sent) -> Vec<(Signature, Option<i64>)> {
    let mut forms = vec![(guide(sent), None)];
    // Blanks around a header's value do not belong to it.
    let usable = (1..=256).contains(&sent.id.len()) && !sent.id.contains('.') && sent.id == sent.id.trim();
    for brand in ["webhook", "svix"].into_iter().filter(|_| usable) {
        forms.push((standard(sent, brand), Some(TOLERANCE)));
    }
    forms
}

fn guide(sent: &Sent) -> Signature {
    let signature = format!("sha256={}", hex::encode(mac(SECRET.as_bytes(), &sent.body)));
    vec![("X-Basiq-Signature".to_owned(), signature)]
}

fn standard(sent: &Sent, brand: &str) -> Signature {
    let content = [format!("{}.{SIGNED_AT}.", sent.id).as_bytes(), &sent.body].concat();
    let signatures = format!("v1a,other v1,AAAA v1,{}", STANDARD.encode(mac(KEY, &content)));
    [("id", sent.id.clone()), ("timestamp", SIGNED_AT.to_string()), ("signature", signatures)]
        .map(|(name, value)| (format!("{brand}-{name}"), value))
        .into()
}
