//! The meaning of bodies by a file: amounts digit for digit, signs and dates as the file declares, and one bad item
//! rejected alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::shown::shown;
use common::stored;
use connectors::{Meaning, Registry, Settings, declarative};
use serde_json::{Value, json};

/// A file with these lines at the end of its table `transactions`, followed by more tables.
fn file(lines: &str) -> String {
    format!(
        r#"id = "acme"
name = "Acme"
type = "bank"
currency = "JPY"
[signature]
scheme = "shared-secret"
header = "X"
[events]
connection = "connection"
time = "at"
time-format = "seconds"
[transactions]
items = ["transactions[]", "transaction", "$"]
id = "id"
account = ["account", "$.account.id"]
connection = "connection"
amount = "amount"
{lines}"#
    )
}

fn meaning(text: &str, body: &str) -> Meaning {
    let read = declarative::read([("acme.toml", text)]).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let registry = Registry::new(&Settings::default()).and_declared(&read, &Settings::default());
    registry.get("acme").unwrap().understand(stored(body.as_bytes()).authentic()).unwrap()
}

/// One transaction with these members, or the reason why it is not understood.
fn one(lines: &str, members: &str) -> Result<Value, String> {
    let body = format!(r#"{{"connection":"c1","transaction":{{"id":"t1","account":"a1",{members}}}}}"#);
    match shown(&meaning(&file(lines), &body)) {
        Value::Object(mut found) if found.contains_key("changes") => Ok(found["changes"][0].take()),
        found => Err(found["notUnderstood"].as_str().unwrap().to_owned()),
    }
}

fn amount(lines: &str, members: &str) -> Result<String, String> {
    one(lines, members).map(|found| found["amount"].as_str().unwrap().to_owned())
}

const NEGATIVE: &str = "sign = \"negative-is-out\"";

#[test]
fn decimal_amounts_keep_their_digits_from_texts_and_numbers() {
    for (json, text) in [
        ("-50.10", "-50.10"),
        ("\"-50.10\"", "-50.10"),
        ("1.5e2", "150"),
        ("999999999999999.99", "999999999999999.99"),
        ("\"+3\"", "3"),
    ] {
        assert_eq!(amount(NEGATIVE, &format!(r#""amount":{json}"#)).as_deref(), Ok(text), "{json}");
    }
    for (json, reason) in [
        ("\"12,50\"", "the amount is not a decimal number"),
        ("true", "the amount is not a decimal number"),
        ("1e15", "the amount is a number outside the range of amounts"),
        ("null", "the transaction has no amount"),
        ("\" \"", "the transaction has no amount"),
    ] {
        assert_eq!(amount(NEGATIVE, &format!(r#""amount":{json}"#)), Err(reason.to_owned()), "{json}");
    }
}

#[test]
fn smallest_units_are_those_of_the_items_currency_else_of_the_connectors() {
    let lines = "amount-format = \"minor-units\"\ncurrency = \"currency\"\nsign = \"positive-is-out\"";
    for (currency, text, code) in [
        ("\"usd\"", "-12.50", "USD"),
        ("\"KWD\"", "-1.250", "KWD"),
        ("\"JPY\"", "-1250", "JPY"),
        ("null", "-1250", "JPY"),
        ("\"XXX\"", "-1250", "JPY"),
    ] {
        let found = one(lines, &format!(r#""amount":1250,"currency":{currency}"#)).unwrap();
        assert_eq!((found["amount"].as_str(), found["currency"].as_str()), (Some(text), Some(code)), "{currency}");
    }
    for members in [
        r#""amount":12.5"#,
        r#""amount":"1e3""#,
        r#""amount":1250,"currency":"dollars""#,
        r#""amount":1250,"currency":{}"#,
    ] {
        assert!(amount(lines, members).is_err(), "{members}");
    }
}

#[test]
fn the_sign_is_as_the_file_says_and_never_guessed() {
    assert_eq!(amount("sign = \"positive-is-out\"", r#""amount":"5.00""#).as_deref(), Ok("-5.00"));
    assert_eq!(amount("sign = \"positive-is-out\"", r#""amount":"-5.00""#).as_deref(), Ok("5.00"));
    assert_eq!(amount("sign = \"positive-is-out\"", r#""amount":0"#).as_deref(), Ok("0"));
    let lines = "sign = \"by-field\"\ndirection = { field = [\"way\", \"isDebit\"], in = [\"credit\", \"false\"], out = [\"debit\", \"true\"] }";
    for (members, found) in [
        (r#""amount":5,"way":"credit""#, Ok("5")),
        (r#""amount":5,"way":" debit ""#, Ok("-5")),
        (r#""amount":-5,"way":"debit""#, Ok("-5")),
        (r#""amount":5,"isDebit":true"#, Ok("-5")),
        (r#""amount":5,"isDebit":false"#, Ok("5")),
        (r#""amount":-5,"way":"credit""#, Err("the transaction is marked as money in, but its amount is negative")),
        (r#""amount":5,"way":"Debit""#, Err("the direction of the transaction is not known")),
        (r#""amount":5,"way":["debit"]"#, Err("the direction of the transaction is not known")),
        (r#""amount":-5"#, Err("the transaction does not say which way its money went")),
    ] {
        assert_eq!(amount(lines, members), found.map(str::to_owned).map_err(str::to_owned), "{members}");
    }
}

#[test]
fn a_date_is_the_items_else_the_events_and_is_never_another_notation() {
    let dated = |format: &str, date: &str| {
        let found = one(
            &format!("{NEGATIVE}\ndate = \"date\"\ndate-format = \"{format}\""),
            &format!(r#""amount":1,"date":{date}"#),
        );
        found.map(|found| (found["date"].as_str().unwrap_or("unknown").to_owned(), found["datePrecision"] == "day"))
    };
    assert_eq!(dated("rfc3339", "\"2026-11-20T21:05:00+10:00\""), Ok(("2026-11-20T11:05:00Z".to_owned(), false)));
    assert_eq!(dated("rfc3339", "\"2026-11-20\""), Ok(("2026-11-20T00:00:00Z".to_owned(), true)));
    assert_eq!(dated("day", "\"2026-11-20T00:00:00+10:00\""), Ok(("2026-11-20T00:00:00Z".to_owned(), true)));
    assert_eq!(dated("seconds", "1714391300"), Ok(("2024-04-29T11:48:20Z".to_owned(), false)));
    assert_eq!(dated("milliseconds", "\"1714391300250\""), Ok(("2024-04-29T11:48:20.250Z".to_owned(), false)));
    assert_eq!(dated("rfc3339", "null"), Ok(("unknown".to_owned(), false)));
    for (format, date) in
        [("rfc3339", "1714391300"), ("seconds", "\"2026-11-20\""), ("day", "\"20/11/2026\""), ("seconds", "1.5")]
    {
        assert_eq!(dated(format, date), Err("the transaction's date is not a date".to_owned()), "{format} {date}");
    }
    let text = file(&format!("{NEGATIVE}\ndate = \"date\""));
    let found = shown(&meaning(&text, r#"{"connection":"c1","at":1714391300,"id":"t1","account":"a1","amount":1}"#));
    assert_eq!(
        (&found["changes"][0]["date"], &found["changes"][0]["version"]),
        (&json!("2024-04-29T11:48:20Z"), &json!(1_714_391_300_000_i64))
    );
    assert_eq!(found["changes"][0]["dateIsTheEvents"], json!(true));
}

#[test]
fn one_item_that_is_not_understood_is_rejected_alone_by_its_id_or_its_place() {
    let body = r#"{"connection":"c1","account":{"id":"a9"},"transactions":[
        {"id":"t1","amount":1},{"id":"t2","amount":"x"},{"amount":1},7,{"id":"t5","amount":1,"connection":"c2"},
        {"id":"t6","amount":1,"amount":2}]}"#;
    let found = shown(&meaning(&file(NEGATIVE), body));
    let changes = found["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["transaction"], &changes[0]["accountId"]), (1, &json!("t1"), &json!("a9")));
    assert_eq!(
        found["rejected"],
        json!([
            ["t2", "the amount is not a decimal number"],
            ["transactions[2]", "the id of the transaction is missing"],
            ["transactions[3]", "it is not an object"],
            ["t5", "the transaction names another connection than its delivery"],
            ["transactions[5]", "the body is not understood: an object in it names a member twice"],
        ])
    );
}

#[test]
fn the_items_name_the_connection_where_the_body_does_not() {
    let body = r#"{"transactions":[{"id":"t1","account":"a","amount":1,"connection":"c1"},{"id":"t2","account":"a","amount":1,"connection":"c2"}]}"#;
    let found = shown(&meaning(&file(NEGATIVE), body));
    assert_eq!((&found["connectionId"], &found["rejected"][0][0]), (&json!("c1"), &json!("t2")));
    let without = body.replace("connection", "other");
    assert_eq!(shown(&meaning(&file(NEGATIVE), &without))["notUnderstood"], json!("the event names no connection"));
}

#[test]
fn a_status_a_row_version_a_predecessor_and_labels_are_taken_over() {
    let lines = format!(
        "{NEGATIVE}\npredecessor = \"was\"\nversion = \"rev\"\nupdated = \"changed\"\ntags = \"labels[].name\"\nlocation = [\"city\", \"country\"]\n[transactions.status]\nfield = \"state\"\npending = \"open\"\ndeleted = \"void\"\nalways = \"posted\""
    );
    let found = one(&lines, r#""amount":1,"was":"t0","rev":7,"state":"open","labels":[{"name":"a"},{},{"name":"b"}],"city":"Perth","country":"AU""#).unwrap();
    assert_eq!(
        (&found["status"], &found["version"], &found["tags"], &found["location"]),
        (&json!("pending"), &json!(7), &json!(["a", "b"]), &json!("Perth, AU"))
    );
    let found = one(&lines, r#""amount":1,"rev":7,"state":"done","changed":"2026-11-20T10:05:00Z""#).unwrap();
    assert_eq!((&found["status"], &found["version"]), (&json!("posted"), &json!(1_795_169_100_000_i64)));
    let found = one(&lines, r#""state":"void","rev":8"#).unwrap();
    assert_eq!((&found["deleted"], &found["version"]), (&json!("t1"), &json!(8)));
}

#[test]
fn a_transaction_whose_currency_is_that_of_an_account_that_is_not_understood_is_rejected_with_it() {
    let text = file(&format!(
        "{NEGATIVE}\ncurrency = \"currency\"\n[accounts]\nitems = \"account\"\nid = \"id\"\ncurrency = \"currency\"\nbalance = \"balance\""
    ));
    let body = |account: &str| {
        format!(
            r#"{{"connection":"c1","account":{account},"transactions":[{{"id":"t1","account":"a1","amount":1}},{{"id":"t2","account":"a1","amount":1,"currency":"EUR"}}]}}"#
        )
    };
    let found = shown(&meaning(&text, &body(r#"{"id":"a1","currency":"CHF","balance":"7.50"}"#)));
    let currencies: Vec<&Value> =
        found["changes"].as_array().unwrap().iter().map(|change| &change["currency"]).collect();
    assert_eq!(currencies, ["CHF", "EUR", "CHF"]);
    let found = shown(&meaning(&text, &body(r#"{"id":"a1","currency":"gold","balance":"7.50"}"#)));
    assert_eq!(found["changes"].as_array().unwrap().len(), 1);
    assert_eq!((&found["rejected"][0][0], &found["rejected"][1][0]), (&json!("t1"), &json!("account")));
}

#[test]
fn texts_are_masked_like_those_of_other_connectors() {
    let lines = format!("{NEGATIVE}\ndescription = \"text\"\nmetadata = {{ note = \"note\", batch = \"batch\" }}");
    let found =
        one(&lines, r#""amount":1,"text":"Card 4111 1111 1111 1111","note":"4111111111111111","batch":17"#).unwrap();
    assert_eq!(
        (&found["description"], &found["metadata"]),
        (&json!("Card •••• 1111"), &json!({ "note": "•••• 1111", "batch": 17 }))
    );
}
