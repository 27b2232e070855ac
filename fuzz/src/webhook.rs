//! A provider's webhook in wire format: headers, a blank line, the body.
//!
//! Owns the invariants of every connector, for any sender and any content. Must not know a provider's signature: a
//! target provides that.
//!
//! Three header names are instructions: `now: 12` receives the delivery that many seconds after it was signed,
//! `flip: 5 32` changes bits of that byte of the body on the way, and `webhook-id` is the id that is signed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use connectors::{Headers, Meaning, NoKeys, Provider, RawDelivery, Registry, Settings, VerifiedDelivery, Wanted};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use ledger::{AccountUpdate, Dated, NewTransaction, Update};
use serde_json::value::RawValue;
use sha2::Sha256;
use wire::{Amount, DatePrecision};

use crate::digits::{Decimal, Reading};
use crate::text::{is_hostile, scalars, shows_card_number};

/// Made for this test; nothing else is signed with it, so no input can contain a valid signature.
pub const KEY: &[u8] = b"fuzzing is all that this key is for";
/// The same key as an operator sets it for Standard Webhooks.
pub const SECRET: &str = "whsec_ZnV6emluZyBpcyBhbGwgdGhhdCB0aGlzIGtleSBpcyBmb3I=";
/// When everything is signed.
pub const SIGNED_AT: i64 = 1_714_391_300;

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let settings = Settings::default().with("BASIQ_WEBHOOK_SECRET", [SECRET]).with("APIDECK_WEBHOOK_SECRET", [SECRET]);
    Registry::new(&settings)
});

/// The HMAC-SHA256 of some bytes.
pub fn mac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Headers with their values.
pub type Signature = Vec<(String, String)>;

/// A delivery as received.
pub struct Sent {
    headers: Signature,
    /// The signed id.
    pub id: String,
    late: i64,
    flip: Option<(usize, u8)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Sent {
    fn read(input: &[u8]) -> Self {
        let end = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((&[][..], input), |end| (&input[..end], &input[end + 2..]));
        let head = String::from_utf8_lossy(head);
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let headers: Signature = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let order = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let flip = order("flip").and_then(|flip| flip.split_once(' '));
        Self {
            id: order("webhook-id").unwrap_or("m").to_owned(),
            late: order("now").and_then(|late| late.parse::<i32>().ok()).unwrap_or(0).into(),
            flip: flip.and_then(|(at, mask)| Some((at.parse().ok()?, mask.parse().ok()?))),
            body: body.to_vec(),
            headers,
        }
    }

    /// The body as it arrives after it was changed on the way.
    fn changed(&self) -> Option<Vec<u8>> {
        let (at, mask) = self.flip.filter(|(_, mask)| *mask != 0)?;
        let mut body = self.body.clone();
        *body.get_mut(at)? ^= mask;
        Some(body)
    }
}

/// Checks all invariants of a connector. `signatures` makes, without the connector, every form of a signature that it
/// accepts, and gives the tolerated clock difference: `None` if the time is not signed.
pub fn check(id: &str, input: &[u8], signatures: impl Fn(&Sent) -> Vec<(Signature, Option<i64>)>) {
    let connector = REGISTRY.get(id).expect("a connector");
    let sent = Sent::read(input);
    let refused = verify(connector, &sent.headers, &sent.body, 0);
    assert!(refused.is_err(), "taken, and nobody has signed it");
    for (signature, tolerance) in signatures(&sent) {
        let in_time = tolerance.is_none_or(|seconds| sent.late.abs() <= seconds);
        let Ok(verified) = verify(connector, &signature, &sent.body, if in_time { sent.late } else { 0 }) else {
            panic!("signed, and not taken: {signature:?}");
        };
        if !in_time {
            assert!(verify(connector, &signature, &sent.body, sent.late).is_err(), "taken {} s late", sent.late);
        }
        // Additional headers may cause a refusal, but never make it another delivery.
        let mixed = [sent.headers.clone(), signature.clone()].concat();
        if let Ok(mixed) = verify(connector, &mixed, &sent.body, 0) {
            assert_eq!(mixed.key(), verified.key());
        }
        let meaning = connector.understand(verified.authentic());
        if let Some(changed) = sent.changed()
            && let Ok(taken) = verify(connector, &signature, &changed, 0)
        {
            // Apideck signs the body's content, not its notation.
            assert_eq!(taken.key(), verified.key());
            assert_eq!(format!("{:?}", connector.understand(taken.authentic())), format!("{meaning:?}"));
        }
        understood(&meaning.unwrap_or(Meaning::Nothing), &sent.body);
    }
}

/// The headers as the connector itself signs them, for the forms that are not reimplemented here.
pub fn signed_by(id: &str, sent: &Sent) -> Signature {
    let connector = REGISTRY.get(id).expect("a connector");
    connector.sign(&sent.id, &sent.body, at(0)).expect("it is configured")
}

fn at(late: i64) -> Timestamp {
    Timestamp::from_second(SIGNED_AT + late).expect("a time")
}

fn verify(connector: &Arc<dyn Provider>, headers: &Signature, body: &[u8], late: i64) -> Result<VerifiedDelivery, ()> {
    let headers: Headers = headers.iter().cloned().collect();
    connector.verify(RawDelivery::post("/webhook", headers, body.to_vec()), &NoKeys, at(late)).map_err(drop)
}

/// The output may be stored and shown.
fn understood(meaning: &Meaning, body: &[u8]) {
    let (id, changes, rejected) = match meaning {
        Meaning::Nothing => return,
        Meaning::NotUnderstood(reason) => return short(reason, 400),
        Meaning::Fetch { event, connection_id, wanted } => {
            return notification(event, connection_id.as_deref(), wanted);
        }
        Meaning::Changes { connection_id, changes, rejected } => (connection_id, changes, rejected.as_slice()),
        Meaning::UserChanges { provider_user, changes } => (provider_user, changes, [].as_slice()),
    };
    short(id, 200);
    assert!(!changes.is_empty(), "nothing of it is understood");
    for one in rejected {
        short(&one.item, 200);
        short(&one.reason, 400);
    }
    let body = std::str::from_utf8(body).expect("nothing else is understood").trim_start_matches('\u{feff}');
    let numbers = Numbers::of(body);
    for change in changes {
        match &change.update {
            Update::Transaction(new) => transaction(new, &numbers),
            Update::TransactionDeleted { transaction_id, account_id } => {
                short(transaction_id, 200);
                short(account_id, 200);
            }
            Update::Account(update) => account(update, &numbers),
            Update::ConnectionStatus(_) => {}
        }
    }
}

fn notification(event: &str, connection_id: Option<&str>, wanted: &Wanted) {
    short(event, 60);
    short(connection_id.unwrap_or_default(), 200);
    if let Wanted::Record { kind, id } = wanted {
        short(kind, 60);
        short(id, 200);
    }
}

fn transaction(new: &NewTransaction, numbers: &Numbers) {
    numbers.hold(Some(new.amount));
    numbers.hold(new.balance);
    if let Dated::At(when) | Dated::Reported(when) = &new.date {
        assert!(wire::time::unix_millis(&when.date).is_some(), "{} cannot be sorted", when.date);
        assert!(
            when.precision == DatePrecision::Instant || when.date.ends_with("T00:00:00Z"),
            "{} is no day",
            when.date
        );
    }
    [&new.transaction_id, &new.account_id].into_iter().for_each(|id| short(id, 200));
    shown(&new.description, 1000);
    assert!(!new.description.trim().is_empty(), "there is nothing to read");
    let texts = [&new.secondary_type, &new.merchant, &new.reference, &new.location, &new.category_hint];
    texts.into_iter().flatten().chain(&new.tags).for_each(|text| shown(text, 200));
    // As received, with its line breaks.
    let original = new.original_description.as_deref().unwrap_or_default();
    assert!(!shows_card_number(original) && !is_hostile(original), "{original:?}");
    if let Some(metadata) = &new.metadata {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(metadata.get()).expect("a flat object");
        for (name, value) in &members {
            shown(name, 200);
            // For a number, the part before its point: no card number has a fraction.
            let whole = || value.get().split(['.', 'e', 'E']).next().map(str::to_owned);
            shown(&serde_json::from_str(value.get()).ok().or_else(whole).unwrap_or_default(), 200);
        }
    }
    // A link with digits missing would no longer lead anywhere.
    [&new.receipt_url, &new.document_url].into_iter().flatten().for_each(|url| short(url, 2000));
}

fn account(update: &AccountUpdate, numbers: &Numbers) {
    numbers.hold(update.balance);
    numbers.hold(update.available);
    short(&update.account_id, 200);
    [&update.name, &update.kind, &update.last_digits].into_iter().flatten().for_each(|text| shown(text, 200));
}

fn short(text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{text:?} is long");
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn shown(text: &str, most: usize) {
    short(text, most);
    assert!(!shows_card_number(text), "{text:?} shows a card's number");
    assert!(!is_hostile(text), "{text:?}");
}

/// The numbers that a body names, by their digits.
struct Numbers(BTreeSet<String>);

impl Numbers {
    fn of(body: &str) -> Self {
        let read = |scalar: String| match Decimal::read(scalar.trim()) {
            Reading::Decimal(decimal) => Some(decimal.unsigned().to_string()),
            _ => None,
        };
        Self(scalars(body).into_iter().filter_map(read).collect())
    }

    /// Checks that an amount is one of them, digit for digit. Its sign may follow from a word.
    fn hold(&self, amount: Option<Amount>) {
        let Some(amount) = amount else { return };
        let written = amount.to_string();
        assert_eq!(serde_json::to_string(&amount).expect("a number"), written);
        assert!(self.0.contains(written.trim_start_matches('-')), "{written} is not in the body");
    }
}
