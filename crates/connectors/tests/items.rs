//! One item of a delivery that is not understood is rejected alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::means;
use connectors::{Meaning, Rejected};
use ledger::{Change, Update};

/// The changed ids of a body, and its rejected items.
fn items(body: &str) -> (Vec<String>, Vec<(String, String)>) {
    let Meaning::Changes { changes, rejected, .. } = means("basiq", body) else { panic!("{body} is not understood") };
    let id = |change: &Change| match &change.update {
        Update::Transaction(new) => new.transaction_id.clone(),
        Update::TransactionDeleted { transaction_id, .. } => format!("-{transaction_id}"),
        Update::Account(update) => format!("account {}", update.account_id),
        Update::ConnectionStatus(status) => (*status).to_owned(),
    };
    let rejected = rejected.into_iter().map(|Rejected { item, reason }| (item, reason));
    (changes.iter().map(id).collect(), rejected.collect())
}

fn sentence(body: &str) -> String {
    match means("basiq", body) {
        Meaning::NotUnderstood(sentence) => sentence,
        other => panic!("{body}: {other:?}"),
    }
}

/// A body around elements of `transactions`, followed by `beside`.
fn several(elements: &str, beside: &str) -> String {
    format!(r#"{{"event":"transactions.updated","connectionId":"c1","data":{{"transactions":[{elements}]{beside}}}}}"#)
}

fn one(id: &str, amount: &str) -> String {
    format!(r#"{{"id":"{id}","accountId":"a1","amount":{amount},"date":"2026-11-20"}}"#)
}

#[test]
fn the_second_of_three_is_rejected_alone() {
    let body = several(&[one("t1", "-1"), one("t2", "\"abc\""), one("t3", "-3")].join(","), "");
    let (changes, rejected) = items(&body);
    assert_eq!(changes, ["t1", "t3"]);
    assert_eq!(rejected, [("t2".to_owned(), "the amount is not a decimal number".to_owned())]);
}

#[test]
fn an_item_without_an_id_is_named_by_its_place() {
    let good = one("t1", "-1");
    for (bad, reason) in [
        ("null", "a transaction is not an object"),
        ("[]", "a transaction is not an object"),
        (r#"{"accountId":"a1","amount":1}"#, "the transaction has no id"),
        (r#"{"id":"x","id":"y"}"#, "the body is not understood: an object in it names a member twice"),
    ] {
        let (changes, rejected) = items(&several(&format!("{good},{bad}"), ""));
        assert_eq!(changes, ["t1"], "{bad}");
        assert_eq!(rejected, [("transactions[1]".to_owned(), reason.to_owned())]);
    }
}

#[test]
fn an_item_of_another_connection_is_rejected_alone() {
    let other = one("t2", "-1").replace("\"id\"", "\"connectionId\":\"c2\",\"id\"");
    let (changes, rejected) = items(&several(&format!("{},{other}", one("t1", "-1")), ""));
    assert_eq!(changes, ["t1"]);
    assert_eq!(rejected, [("t2".to_owned(), "transactions.updated names two different connections".to_owned())]);
    // If only the items name the connection, none of them takes precedence.
    let own = |id: &str, connection: &str| {
        one(id, "-1").replace("\"id\"", &format!("\"connectionId\":\"{connection}\",\"id\""))
    };
    let body = several(&format!("{},{}", own("t1", "c1"), own("t2", "c2")), "")
        .replace("\"connectionId\":\"c1\",\"data\"", "\"data\"");
    assert_eq!(sentence(&body), "transactions.updated names two different connections");
}

#[test]
fn where_no_item_is_understood_the_delivery_is_not() {
    let body = several(&[one("t1", "true"), one("t2", "\"abc\""), one("t3", "{}")].join(","), "");
    let reason = "t1: the amount is not a decimal number; t2: the amount is not a decimal number; and 1 more";
    assert_eq!(sentence(&body), reason);
    assert_eq!(sentence(&several(&one("t1", "true"), "")), "the amount is not a decimal number");
    let beside = r#","account":{"id":"a1","balance":"5"}"#;
    assert_eq!(sentence(&several(&one("t1", "true"), beside)), "the amount is not a decimal number");
}

#[test]
fn an_account_that_is_not_understood_is_rejected_without_its_transactions() {
    let with = |account: &str| several(&one("t1", "-1"), &format!(r#","account":{account}"#));
    let (changes, rejected) = items(&with(r#"{"id":"a1","currency":"EUR","balance":"abc"}"#));
    assert_eq!(changes, ["t1"]);
    assert_eq!(rejected, [("a1".to_owned(), "the balance is not a decimal number".to_owned())]);
    let (changes, _) = items(&with(r#"{"id":"a1","currency":"EUR","balance":"5"}"#));
    assert_eq!(changes, ["t1", "account a1"]);
}

#[test]
fn a_transaction_that_needs_a_currency_which_is_not_understood_is_rejected_with_it() {
    let own = one("t2", "-1").replace("\"date\"", "\"currency\":\"NZD\",\"date\"");
    for account in [r#"{"id":"a1","currency":"dollars"}"#, r#"{"id":"a1","x":1,"x":2}"#] {
        let body = several(&format!("{},{own}", one("t1", "-1")), &format!(r#","account":{account}"#));
        let (changes, rejected) = items(&body);
        assert_eq!(changes, ["t2"], "{account}");
        assert_eq!(
            rejected.iter().map(|(item, _)| item.as_str()).collect::<Vec<_>>(),
            ["t1", if account.contains("x") { "account" } else { "a1" }]
        );
    }
}
