//! Wycheproof's vectors for JSON Web Signature on the curves of providers' keys: `scripts/check-wycheproof FOLDER`.
//!
//! Owns which of them apply here. The file belongs to Wycheproof and is not part of this repository
//! (<https://github.com/C2SP/wycheproof>, `testvectors_v1/json_web_signature_test.json`).

use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Curve, Jws, from_jwk};

/// Whether a provider's signature in this form would be accepted.
fn is_accepted(key: &Value, token: &str, curve: Curve) -> bool {
    let key = RawValue::from_string(key.to_string()).unwrap();
    let Some((key, jws)) = from_jwk(&key, curve).zip(Jws::split(token)) else { return false };
    let names_it = jws.header().and_then(|header| header.text(&["alg"])).is_some_and(|alg| alg == curve.algorithm());
    names_it && key.has_signed(jws.signed(), jws.signature())
}

#[test]
#[ignore = "needs Wycheproof's files: scripts/check-wycheproof FOLDER"]
fn wycheproofs_signatures_are_taken_and_refused_as_it_says() {
    let folder = std::env::var_os("WYCHEPROOF").expect("WYCHEPROOF names the folder");
    let files = ["json_web_signature_test.json", "wycheproof-jws.json"].map(|name| Path::new(&folder).join(name));
    let file = files.iter().find(|file| file.is_file()).expect("the folder has the vectors for JSON Web Signature");
    let vectors: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut checked = 0;
    for group in vectors["testGroups"].as_array().unwrap() {
        let key = &group["public"];
        let curve = match key["crv"].as_str() {
            Some("P-256") => Curve::P256,
            Some("P-521") => Curve::P521,
            _ => continue,
        };
        for test in group["tests"].as_array().unwrap() {
            // There is no algorithm ES521 (RFC 7518, section 3.1): a key for it is not supported.
            let is_valid = test["result"] == "valid" && key["alg"] != "ES521";
            assert_eq!(
                is_accepted(key, test["jws"].as_str().unwrap(), curve),
                is_valid,
                "{} {}",
                test["tcId"],
                test["comment"]
            );
            checked += 1;
        }
    }
    println!("{checked} signatures on the curves of providers' keys are taken and refused as Wycheproof says");
    assert!(checked > 40, "{checked}");
}
