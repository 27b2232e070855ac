//! The original guide's body, which every connector accepts: liberal in names, strict in values.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies;
use connectors::Meaning;
use ledger::{NewTransaction, Update};
use proptest::prelude::*;
use wire::Currency;

fn means(body: &str) -> Meaning {
    bodies::means("basiq", body)
}

fn changes(body: &str) -> (String, Vec<Update>) {
    match means(body) {
        Meaning::Changes { connection_id, changes, rejected } if rejected.is_empty() => {
            (connection_id, changes.into_iter().map(|change| change.update).collect())
        }
        other => panic!("{body}: {other:?}"),
    }
}

fn sentence(body: &str) -> String {
    match means(body) {
        Meaning::NotUnderstood(sentence) => sentence,
        other => panic!("{body}: {other:?}"),
    }
}

/// A body around a transaction's members.
fn body(members: &str) -> String {
    format!(r#"{{"event":"transaction.created","data":{{"transaction":{{{members}}},"connectionId":"c1"}}}}"#)
}

const WHOLE: &str = r#""id":"t1","accountId":"a1","amount":-50.1,"date":"2024-04-29","description":"Coffee""#;

fn transaction(members: &str) -> NewTransaction {
    let (_, changes) = changes(&body(members));
    match changes.into_iter().next() {
        Some(Update::Transaction(new)) => *new,
        other => panic!("{members}: {other:?}"),
    }
}

#[test]
fn the_event_and_the_connection_are_taken_under_every_name_and_in_every_place() {
    for event in ["event", "event_type", "eventType", "eventTypeId", "type"] {
        for (inside, beside, inner) in [
            (r#","connectionId":"c1""#, "", ""),
            ("", r#","connectionId":"c1""#, ""),
            (r#","connection_id":"c1""#, "", ""),
            (r#","connection":{"id":"c1"}"#, "", ""),
            ("", "", r#","connection":"c1""#),
            ("", "", r#","connectionId":"c1""#),
        ] {
            let body = format!(
                r#"{{"{event}":"transaction.created","data":{{"transaction":{{{WHOLE}{inner}}}{inside}}}{beside}}}"#
            );
            assert_eq!(changes(&body).0, "c1", "{body}");
        }
    }
}

#[test]
fn two_connections_in_one_body_are_refused() {
    let body = format!(
        r#"{{"event":"transaction.created","connectionId":"c2","data":{{"transaction":{{{WHOLE}}},"connectionId":"c1"}}}}"#
    );
    assert_eq!(sentence(&body), "transaction.created names two different connections");
}

#[test]
fn what_is_not_exact_is_refused_with_a_sentence() {
    let long = format!(r#""id":"{}","accountId":"a","amount":1,"date":"2024-04-29""#, "x".repeat(201));
    for (members, reason) in [
        (r#""accountId":"a","amount":1,"date":"2024-04-29""#, "the transaction has no id"),
        (r#""id":"t","amount":1,"date":"2024-04-29""#, "the transaction names no account"),
        (r#""id":"t","accountId":"a","date":"2024-04-29""#, "the transaction has no amount"),
        (r#""id":"t","accountId":"a","amount":"","date":"2024-04-29""#, "the transaction has no amount"),
        (r#""id":"t","accountId":"a","amount":"12,50","date":"2024-04-29""#, "the amount is not a decimal number"),
        (
            r#""id":"t","accountId":"a","amount":1e15,"date":"2024-04-29""#,
            "the amount is a number outside the range of amounts",
        ),
        (r#""id":"t","accountId":"a","amount":1,"date":"29/04/2024""#, "the transaction's date is not a date"),
        (r#""id":"t","accountId":"a","amount":1,"date":1714391300"#, "the transaction's date is not a string"),
        (
            r#""id":"t","accountId":"a","amount":1,"date":"2024-04-29","currency":"dollars""#,
            "the currency of the transaction is not a currency code of three letters",
        ),
        (
            r#""id":"t","accountId":"a","amount":1,"date":"2024-04-29","balance":"lots""#,
            "the balance is not a decimal number",
        ),
        (
            r#""id":"t","accountId":"a","amount":1,"amount":2,"date":"2024-04-29""#,
            "the body is not understood: an object in it names a member twice",
        ),
        (&long, "the id of the transaction has more than 200 characters"),
    ] {
        assert_eq!(sentence(&body(members)), reason);
    }
}

#[test]
fn the_transaction_comes_before_its_account() {
    let body = format!(
        r#"{{"event":"transaction.created","data":{{"transaction":{{{WHOLE}}},"account":{{"id":"a1","name":"Everyday","balance":"10.00","currency":"NZD"}},"connectionId":"c1"}}}}"#
    );
    let (_, changes) = changes(&body);
    let [Update::Transaction(new), Update::Account(account)] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(new.currency, "NZD".parse::<Currency>().ok());
    assert_eq!(account.balance.unwrap().to_string(), "10.00");
}

#[test]
fn another_accounts_currency_is_not_the_transactions() {
    let body = format!(
        r#"{{"event":"transaction.created","data":{{"transaction":{{{WHOLE}}},"account":{{"id":"a2","currency":"NZD"}},"connectionId":"c1"}}}}"#
    );
    let (_, changes) = changes(&body);
    assert!(matches!(&changes[0], Update::Transaction(new) if new.currency.is_none()));
}

#[test]
fn several_transactions_come_in_their_order() {
    let body = format!(
        r#"{{"event":"transactions.updated","connectionId":"c1","data":{{"transactions":[{{{WHOLE}}},{{{}}}]}}}}"#,
        WHOLE.replace("t1", "t2")
    );
    let (_, changes) = changes(&body);
    assert!(
        matches!(&changes[..], [Update::Transaction(one), Update::Transaction(two)] if one.transaction_id == "t1" && two.transaction_id == "t2")
    );
}

#[test]
fn a_voided_transaction_is_gone() {
    let (_, changes) = changes(&body(&format!(r#"{WHOLE},"status":"voided""#)));
    assert!(matches!(&changes[..], [Update::TransactionDeleted { .. }]));
}

#[test]
fn card_numbers_show_nowhere() {
    let card = "4111 1111 1111 1111";
    let new = transaction(&format!(
        r#""id":"t1","accountId":"a1","amount":1,"date":"2024-04-29","description":"PAY  {card}","merchant":{{"name":"{card}"}},"reference":"{card}","location":"{card}","tags":["{card}"],"category":"{card}","metadata":{{"card":"{card}"}}"#
    ));
    assert_eq!(new.description, "PAY •••• 1111");
    assert_eq!(new.original_description.as_deref(), Some("PAY  •••• 1111"));
    assert!(!format!("{new:?}").contains("1111 1111"));
}

#[test]
fn a_card_number_without_quotes_is_hidden_and_other_numbers_keep_their_digits() {
    let new = transaction(&format!(
        r#"{WHOLE},"metadata":{{"card":4111111111111111,"float":4111111111111111.0,"rate":0.66123456789012345,"till":7,"ok":true}}"#
    ));
    let metadata = new.metadata.unwrap();
    let expected = r#"{"card":"•••• 1111","float":"•••• 1111","ok":true,"rate":0.66123456789012345,"till":7}"#;
    assert_eq!(metadata.get(), expected);
}

#[test]
fn only_web_addresses_are_links() {
    for (url, kept) in [
        ("https://example.com/r.png?a=1", true),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("https://a\\\"b", false),
        ("HTTP://example.com", true),
    ] {
        let new = transaction(&format!(r#"{WHOLE},"receiptUrl":"{url}""#));
        assert_eq!(new.receipt_url.is_some(), kept, "{url}");
    }
}

#[test]
fn a_long_description_is_cut_and_many_tags_are_few() {
    let tags: Vec<String> = (0..50).map(|tag| format!("\"t{tag}\"")).collect();
    let new = transaction(&format!(
        r#""id":1,"account":{{"id":2}},"amount":"1","date":"2024-04-29","memo":"{}","tags":[{}]"#,
        "ä".repeat(5000),
        tags.join(",")
    ));
    assert_eq!(new.description.chars().count(), 1000);
    assert_eq!(new.tags.len(), 20);
    assert_eq!((new.transaction_id.as_str(), new.account_id.as_str()), ("1", "2"));
}

#[test]
fn a_test_message_means_nothing() {
    for body in ["{}", r#"{"event":"ping"}"#, r#"{"type":"webhook.test","data":{}}"#] {
        assert!(matches!(means(body), Meaning::Nothing), "{body}");
    }
}

proptest! {
    #[test]
    fn the_digits_that_come_in_are_the_digits_that_go_out(sign in "-?", whole in "0|[1-9][0-9]{0,14}", fraction in "(\\.[0-9]{1,10})?") {
        let digits = format!("{whole}{fraction}");
        let is_nothing = digits.chars().all(|char| "0.".contains(char));
        let text = if is_nothing { digits } else { format!("{sign}{digits}") };
        for amount in [text.clone(), format!("\"{text}\"")] {
            let new = transaction(&format!(r#""id":"t","accountId":"a","amount":{amount},"balance":{amount},"date":"2024-04-29""#));
            prop_assert_eq!(new.amount.to_string(), text.clone());
            prop_assert_eq!(serde_json::to_string(&new.balance.unwrap()).unwrap(), text.clone());
        }
    }

    #[test]
    fn any_description_is_shown_without_panic_and_without_control_characters(text in any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        let new = transaction(&format!(r#""id":"t","accountId":"a","amount":1,"date":"2024-04-29","description":{quoted}"#));
        prop_assert!(!new.description.chars().any(char::is_control));
        prop_assert!(new.description.chars().count() <= 1000);
    }
}
