//! Runs Wycheproof's vectors for JSON Web Signature against the verifier: `scripts/check-wycheproof FOLDER`.
//!
//! Owns how a vector's key is configured here, and the count at the end. The vectors are Wycheproof's own files, which
//! are not part of this repository: <https://github.com/C2SP/wycheproof>, `testvectors_v1/json_web_signature_test.json`
//! and `json_web_key_test.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use server::auth::jws::Jws;
use server::auth::key::HmacKey;
use server::auth::key_set::KeySet;

/// The files, each under Wycheproof's name and a shorter one.
const FILES: [[&str; 2]; 2] =
    [["json_web_signature_test.json", "wycheproof-jws.json"], ["json_web_key_test.json", "wycheproof-jwk.json"]];
const OFFERED: [&str; 4] = ["HS256", "RS256", "ES256", "EdDSA"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    /// A key, or a set of keys; a public one where the algorithm has such.
    public: Option<Value>,
    private: Option<Value>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    tc_id: u32,
    comment: String,
    jws: Value,
    result: String,
}

/// What became of a vector.
enum Outcome {
    Accepted,
    Refused,
    NotApplicable(String),
    Disputed(&'static str),
    Differs,
}

#[derive(Default)]
struct Count {
    accepted: u32,
    refused: u32,
    /// Those of the refused that have an algorithm that is not offered.
    unoffered: u32,
    not_applicable: BTreeMap<String, u32>,
    remarks: Vec<String>,
    differs: u32,
}

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).context("usage: scripts/check-wycheproof FOLDER")?;
    let mut differs = 0;
    for names in FILES {
        let file = find(Path::new(&folder), names)?;
        let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let vectors: Vectors = serde_json::from_slice(&text).with_context(|| file.display().to_string())?;
        let mut count = Count::default();
        vectors.test_groups.iter().for_each(|group| count.add(group));
        println!("{}", file.display());
        count.print();
        differs += count.differs;
    }
    anyhow::ensure!(differs == 0, "{differs} vectors differ");
    Ok(())
}

fn find(folder: &Path, names: [&str; 2]) -> anyhow::Result<PathBuf> {
    let found = names.map(|name| folder.join(name)).into_iter().find(|file| file.is_file());
    found.with_context(|| format!("{} has no {}", folder.display(), names.join(" or ")))
}

impl Count {
    fn add(&mut self, group: &Group) {
        for test in &group.tests {
            match outcome(group, test) {
                Outcome::Accepted => self.accepted += 1,
                Outcome::Refused => {
                    self.refused += 1;
                    self.unoffered += u32::from(!is_offered(group, test));
                }
                Outcome::NotApplicable(why) => *self.not_applicable.entry(why).or_default() += 1,
                Outcome::Disputed(why) => self.remark(test, why),
                Outcome::Differs => {
                    self.differs += 1;
                    self.remark(test, "DIFFERS");
                }
            }
        }
    }

    fn remark(&mut self, test: &Test, remark: &str) {
        self.remarks.push(format!("{} ({}), said to be {}: {remark}", test.tc_id, test.comment, test.result));
    }

    fn print(&self) {
        let Self { accepted, refused, unoffered, differs, .. } = self;
        println!("  {accepted} valid, accepted; {differs} differ");
        println!("  {refused} invalid, refused, {unoffered} of them with an algorithm that is not offered");
        self.not_applicable.iter().for_each(|(why, number)| println!("  {number} not applicable: {why}"));
        self.remarks.iter().for_each(|remark| println!("  {remark}"));
    }
}

fn outcome(group: &Group, test: &Test) -> Outcome {
    let is_valid = test.result == "valid";
    match (is_accepted(group, test), is_valid) {
        (true, true) => Outcome::Accepted,
        (false, false) => Outcome::Refused,
        (true, false) if group.tests.iter().any(|other| other.jws == test.jws && other.result == "valid") => {
            Outcome::Disputed("the same token is also said to be valid")
        }
        (true, false) => Outcome::Differs,
        (false, true) => why_refused(group, test).unwrap_or(Outcome::Differs),
    }
}

/// Why a valid token is refused, where there is a reason.
fn why_refused(group: &Group, test: &Test) -> Option<Outcome> {
    let token = test.jws.as_str()?;
    if token.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"-_.".contains(&byte)) {
        return Some(Outcome::Disputed("a character that base64url has not (RFC 7515, 2)"));
    }
    if let Some(algorithm) = algorithm(token).filter(|algorithm| !OFFERED.contains(&algorithm.as_str())) {
        return Some(Outcome::NotApplicable(format!("{algorithm} is not offered")));
    }
    let keys = group.private.as_ref().and_then(|set| set["keys"].as_array())?;
    let is_secret = keys.iter().all(|key| key["kty"] == json!("oct"));
    is_secret.then(|| Outcome::NotApplicable("secrets are not published: they come from JWT_SECRET".to_owned()))
}

/// What a token says it is signed with.
fn algorithm(token: &str) -> Option<String> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    Some(header["alg"].as_str()?.to_owned())
}

/// Whether a vector is about an algorithm that is offered: its token's, or its key's where the token is none.
fn is_offered(group: &Group, test: &Test) -> bool {
    let of_key = || {
        let key = group.public.as_ref().or(group.private.as_ref())?;
        Some(key["alg"].as_str().or(key["keys"][0]["alg"].as_str())?.to_owned())
    };
    let algorithm = test.jws.as_str().and_then(algorithm).or_else(of_key);
    algorithm.is_some_and(|algorithm| OFFERED.contains(&algorithm.as_str()))
}

/// Whether the server would take the token with the group's key: one secret as `JWT_SECRET`, all else as the answer
/// of `JWT_JWKS_URL`.
fn is_accepted(group: &Group, test: &Test) -> bool {
    let Some(token) = test.jws.as_str().and_then(|text| Jws::parse(text).ok()) else { return false };
    let Some(key) = group.public.as_ref().or(group.private.as_ref()) else { return false };
    if let Some(secret) = secret(key) {
        return HmacKey::new(&secret).is_ok_and(|secret| secret.has_signed(&token));
    }
    let set = if key.get("keys").is_some() { key.clone() } else { json!({ "keys": [key] }) };
    let set = KeySet::parse(set.to_string().as_bytes());
    set.is_ok_and(|set| set.find(&token).is_some_and(|key| key.has_signed(&token)))
}

/// The bytes of a key that is one secret of HS256.
fn secret(key: &Value) -> Option<Vec<u8>> {
    let key = match key["keys"].as_array().map(Vec::as_slice) {
        Some([only]) => only,
        Some(_) => return None,
        None => key,
    };
    let is_secret = key["kty"] == json!("oct") && key["alg"] == json!("HS256");
    URL_SAFE_NO_PAD.decode(key["k"].as_str().filter(|_| is_secret)?).ok()
}
