//! What connector files may contain: every problem of all files is reported at once, with its place and what is
//! expected.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::declared;
use connectors::declarative::keys::KEYS;
use connectors::declarative::{Problem, read};
use proptest::prelude::*;

/// The smallest valid file.
const SMALL: &str = r#"id = "acme"
name = "Acme"
type = "bank"
currency = "AUD"

[signature]
scheme = "hmac-sha256"
header = "Acme-Signature"
encoding = "hex"

[events]
connection = "connection"

[transactions]
items = "transactions[]"
id = "id"
account = "account"
amount = "amount"
sign = "negative-is-out"
"#;

/// The problems of a file, as they are shown.
fn problems(text: &str) -> Vec<String> {
    let read = read([("connectors/acme.toml", text)]);
    read.err().unwrap_or_default().iter().map(Problem::to_string).collect()
}

/// The problems of the small file with one text replaced by another.
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(SMALL.contains(from), "{from}");
    problems(&SMALL.replacen(from, to, 1))
}

#[test]
fn a_small_file_is_a_connector_with_one_setting() {
    let read = read([("connectors/acme.toml", SMALL)]).unwrap();
    let description = read[0].description();
    assert_eq!(
        (description.id, description.source, description.capabilities),
        ("acme", "BANK_API", &["webhook", "transactions"][..])
    );
    assert_eq!(description.settings[0].name, "ACME_WEBHOOK_SECRET");
    let with_key = SMALL.replace("hmac-sha256", "ed25519").replace("\"acme\"", "\"acme-bank-2\"");
    let read = connectors::declarative::read([("connectors/acme.toml", &*with_key)]).unwrap();
    assert_eq!(read[0].description().settings[0].name, "ACME_BANK_2_WEBHOOK_KEY");
}

#[test]
fn a_problem_names_its_file_line_and_column_what_stands_there_and_what_is_expected() {
    assert_eq!(
        changed("\"hmac-sha256\"", "\"hmac-md5\""),
        [
            "connectors/acme.toml:7:10: signature.scheme is \"hmac-md5\"; one of hmac-sha256, hmac-sha512, rsa-sha256, ed25519, standard-webhooks, shared-secret is expected"
        ]
    );
    assert_eq!(
        changed(
            "header = \"Acme-Signature\"",
            "header = \"Acme-Signature\"\ntolerance = 5000\ntimestamp-header = 17\ncontent = \"{timestamp}{body}\""
        ),
        [
            "connectors/acme.toml:9:13: signature.tolerance is 5000; a whole number from 1 to 3600 is expected",
            "connectors/acme.toml:10:20: signature.timestamp-header is 17; the name of a header is expected",
        ]
    );
    assert_eq!(
        changed("scheme = \"hmac-sha256\"\n", ""),
        [
            "connectors/acme.toml:6:1: signature.scheme is missing; one of hmac-sha256, hmac-sha512, rsa-sha256, ed25519, standard-webhooks, shared-secret is expected"
        ]
    );
}

#[test]
fn a_key_that_is_not_known_is_a_problem_and_a_near_miss_is_named() {
    assert_eq!(
        changed("encoding = \"hex\"", "encodign = \"hex\""),
        [
            "connectors/acme.toml:6:1: signature.encoding is missing; one of hex, base64 is expected",
            "connectors/acme.toml:9:1: signature.encodign is not a key; did you mean signature.encoding?",
        ]
    );
    let [problem] = &changed("sign = ", "rate = \"1\"\nsign = ")[..] else { panic!() };
    assert!(problem.starts_with("connectors/acme.toml:19:1: transactions.rate is not a key; "), "{problem}");
}

#[test]
fn the_problems_of_all_files_are_named_at_once() {
    let bad = SMALL.replace("\"AUD\"", "\"dollars\"").replace("\"bank\"", "7").replace("amount = \"amount\"\n", "");
    let broken = "id = \"x\nname = ";
    let found = read([("a.toml", &*bad), ("b.toml", broken), ("c.toml", &*SMALL.replace("\"acme\"", "\"other\""))])
        .unwrap_err();
    let places: Vec<String> =
        found.iter().map(|found| format!("{}:{}:{}", found.file, found.line, found.column)).collect();
    assert_eq!(places[..3], ["a.toml:3:8", "a.toml:4:12", "a.toml:14:1"], "{found:?}");
    assert!(places.len() >= 4 && places[3..].iter().all(|place| place.starts_with("b.toml:")), "{found:?}");
    assert!(found[3].what.starts_with("this is not TOML: "), "{found:?}");
}

#[test]
fn an_id_belongs_to_one_connector() {
    let teller = SMALL.replace("\"acme\"", "\"teller\"");
    let found = read([("a.toml", SMALL), ("b.toml", SMALL), ("c.toml", &*teller)]).unwrap_err();
    let shown: Vec<String> = found.iter().map(Problem::to_string).collect();
    assert_eq!(
        shown,
        [
            "b.toml:1:6: id is \"acme\", which a.toml already has; another one is expected",
            "c.toml:1:6: id is \"teller\", which is already taken; another one is expected",
        ]
    );
    for id in ["Acme", "acme_bank", "-acme", "acme-", "ac--me", "9acme", "", "bank", &"a".repeat(41)] {
        assert_eq!(changed("\"acme\"", &format!("\"{id}\"")).len(), 1, "{id}");
    }
}

/// A text of the file, its replacement, and the one problem that results.
const CONTRADICTIONS: [(&str, &str, &str); 22] = [
    (
        "encoding = \"hex\"",
        "encoding = \"hex\"\ntimestamp-header = \"T\"\ncontent = \"{body}\"",
        "signature.timestamp-header is not signed: signature.content has no {timestamp}",
    ),
    (
        "encoding = \"hex\"",
        "encoding = \"hex\"\ntimestamp-header = \"T\"",
        "signature.content is missing; a string with {body} and the other signed parts is expected",
    ),
    (
        "encoding = \"hex\"",
        "encoding = \"hex\"\ncontent = \"{timestamp}.{body}\"",
        "signature.content has {timestamp}, and signature.timestamp-header is missing",
    ),
    (
        "encoding = \"hex\"",
        "encoding = \"hex\"\ncontent = \"{method}\"",
        "signature.content has no {body}: anybody could change it",
    ),
    (
        "encoding = \"hex\"",
        "encoding = \"hex\"\ncontent = \"{bdy}\"",
        "signature.content has {bdy}; {body}, {timestamp}, {id}, {method} and {path} are known",
    ),
    (
        "encoding = \"hex\"",
        "encoding = \"hex\"\ntolerance = 60",
        "signature.tolerance has no meaning without signature.timestamp-header",
    ),
    (
        "\"hmac-sha256\"\nheader = \"Acme-Signature\"\nencoding = \"hex\"",
        "\"standard-webhooks\"\nheader = \"X\"",
        "signature.header has no meaning with signature.scheme = \"standard-webhooks\", which has headers of its own",
    ),
    (
        "\"hmac-sha256\"",
        "\"shared-secret\"",
        "signature.encoding has no meaning with signature.scheme = \"shared-secret\", which leaves no choice",
    ),
    ("header = \"Acme-Signature\"\n", "", "signature.header is missing; the name of a header is expected"),
    (
        "\"negative-is-out\"",
        "\"by-field\"",
        "transactions.direction is missing; a table is expected with transactions.sign = \"by-field\"",
    ),
    (
        "sign = \"negative-is-out\"",
        "sign = \"by-field\"\ndirection = { field = \"d\", in = [\"x\", \"c\"], out = \"x\" }",
        "transactions.direction has \"x\" for money in and for money out",
    ),
    (
        "sign = \"negative-is-out\"",
        "sign = \"negative-is-out\"\nstatus = {}",
        "transactions.status is empty; field with its values, or always, is expected",
    ),
    (
        "items = \"transactions[]\"",
        "items = \"transactions[0]\"",
        "transactions.items is \"transactions[0]\", which is not a path here: a name in it has a bracket, a brace, a blank or $",
    ),
    (
        "amount = \"amount\"",
        "amount = \"amounts[]\"",
        "transactions.amount is \"amounts[]\", which is not a path here: it goes through a list, but one value is expected",
    ),
    (
        "connection = \"connection\"",
        "",
        "events.connection is missing; a path such as data.amount, or a list of paths is expected",
    ),
    (
        "connection = \"connection\"",
        "connection = \"connection\"\nnew = \"x\"",
        "events.new lists events, but events.name, the path of their name, is missing",
    ),
    (
        "connection = \"connection\"",
        "connection = \"connection\"\nname = \"n\"",
        "events.name is set, but no event is listed; events.new or another list is expected",
    ),
    (
        "connection = \"connection\"",
        "connection = \"connection\"\nname = \"n\"\nnew = \"x\"\nping = \"x\"",
        "events.ping has \"x\", which events already lists; once is expected",
    ),
    (
        "connection = \"connection\"",
        "connection = \"connection\"\nname = \"n\"\nnew = \"x\"\nconnection-status = { y = \"gone\" }",
        "events.connection-status.y is \"gone\"; one of active, pending, invalid, revoked, deleted is expected",
    ),
    (
        "connection = \"connection\"",
        "connection = \"connection\"\nname = \"n\"\nnew = \"x*y\"",
        "events.new has \"x*y\"; a * is expected only at the end",
    ),
    (
        "connection = \"connection\"",
        "connection = \"connection\"\nname = \"n\"\nnew = \"x\"\naccounts = \"y\"",
        "accounts is missing; a table is expected, since events report accounts",
    ),
    (
        "\"AUD\"",
        "\"AUD\"\nresponse = { accepted = 202 }",
        "response.accepted is 202, which says that nothing is stored yet; another status is expected",
    ),
];

#[test]
fn keys_that_contradict_each_other_are_problems() {
    for (from, to, sentence) in CONTRADICTIONS {
        let found = changed(from, to);
        assert!(matches!(&found[..], [one] if one.ends_with(&format!(": {sentence}"))), "{to}: {found:#?}");
    }
}

#[test]
fn every_key_is_read() {
    // No key takes a date: the type error proves that each key is read.
    let all = [include_str!("declared/every-key.toml")].concat();
    assert_eq!(problems(&all), [""; 0], "the file with every key is good");
    for key in KEYS.iter().filter(|key| !matches!(key.takes, connectors::declarative::keys::Takes::Table)) {
        let (table, name) = (key.table, key.name);
        let header = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
        let at = all.find(&header).unwrap_or_else(|| panic!("{header} is not in the file")) + header.len();
        let line =
            all[at..].find(&format!("{name} = ")).unwrap_or_else(|| panic!("{} is not in the file", key.path())) + at;
        let end = all[line..].find('\n').unwrap() + line;
        let wrong = format!("{}{name} = 2026-11-26{}", &all[..line], &all[end..]);
        let found = problems(&wrong);
        assert!(
            found.iter().any(|one| one.contains(&format!("{} is a date", key.path()))),
            "{}: {found:?}",
            key.path()
        );
    }
}

#[test]
fn the_files_of_these_tests_are_good() {
    assert_eq!(declared().len(), 3);
}

fn files() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        SMALL,
        include_str!("declared/teller.toml"),
        include_str!("declared/basiq.toml"),
        include_str!("declared/stripe.toml"),
        include_str!("declared/every-key.toml"),
    ])
}

proptest! {
    #[test]
    fn no_change_of_a_good_file_makes_the_loader_panic(
        text in files(),
        place in any::<prop::sample::Index>(),
        length in 0_usize..40,
        put in "(\\PC|\n|[\\[\\]{}\"'=.#,$*]|true|17|2026-11-26|\\[\\]|[a-z]{1,8}){0,6}",
        other in any::<prop::sample::Index>(),
    ) {
        let chars: Vec<char> = text.chars().collect();
        let (place, other) = (place.index(chars.len()), other.index(chars.len()));
        let mut changed: Vec<char> = chars[..place].to_vec();
        changed.extend(put.chars());
        changed.extend(chars.iter().skip(place + length));
        // Again, with a piece of the file itself inserted elsewhere.
        let moved: Vec<char> = [&changed[..other.min(changed.len())], &chars[place..(place + length).min(chars.len())], &changed[other.min(changed.len())..]].concat();
        for text in [changed, moved] {
            let text: String = text.into_iter().collect();
            for problem in read([("a.toml", &*text)]).err().unwrap_or_default() {
                prop_assert!(problem.line >= 1 && problem.line <= text.matches('\n').count() + 1);
                prop_assert!(!problem.what.contains(char::is_control), "{}", problem);
            }
        }
    }

    #[test]
    fn no_text_makes_the_loader_panic(text in "\\PC{0,200}") {
        let _ = read([("a.toml", &*text)]);
    }
}
