//! Amounts: the direction of the money, and the currency.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::{apideck, basiq, changes, transactions};
use ledger::{Change, Update};
use wire::PrimaryType;

fn amount(members: &str) -> Result<(String, PrimaryType), String> {
    let new = basiq(&format!(r#""transactionDate":"2026-11-20",{members}"#))?;
    Ok((new.amount.to_string(), new.primary_type))
}

#[test]
fn every_word_for_money_out_makes_it_negative() {
    for members in [
        r#""direction":"DR""#,
        r#""direction":"debit ""#,
        r#""direction":"outgoing""#,
        r#""credit_debit_indicator":"DBIT""#,
        r#""creditDebitIndicator":"Debit""#,
        r#""CdtDbtInd":"DBIT""#,
        r#""isDebit":true"#,
        r#""type":"transaction","direction":"Paid out""#,
    ] {
        let expected = Ok(("-20.00".to_owned(), PrimaryType::Expense));
        assert_eq!(amount(&format!(r#""amount":"20.00",{members}"#)), expected, "{members}");
    }
}

#[test]
fn an_unsigned_amount_with_a_word_that_is_not_known_is_kept_and_a_signed_one_is_money_out() {
    let reason = "the direction of the transaction is not known, and its amount has no sign";
    for members in [r#""direction":"sideways""#, r#""direction":"paid""#, r#""CdtDbtInd":7"#] {
        assert_eq!(amount(&format!(r#""amount":"20.00",{members}"#)), Err(reason.to_owned()), "{members}");
        let signed = amount(&format!(r#""amount":"-20.00",{members}"#));
        assert_eq!(signed, Ok(("-20.00".to_owned(), PrimaryType::Expense)), "{members}");
    }
}

#[test]
fn members_that_disagree_are_kept_with_the_reason() {
    let refused = amount(r#""amount":"20.00","direction":"debit","creditDebitIndicator":"CRDT""#);
    assert_eq!(refused, Err("the transaction is marked as both money out and money in".to_owned()));
}

#[test]
fn an_amount_and_a_balance_can_bring_their_own_direction() {
    let out = amount(r#""amount":{"value":"20.00","currency":"AUD","creditDebitIndicator":"DBIT"}"#);
    assert_eq!(out, Ok(("-20.00".to_owned(), PrimaryType::Expense)));
    let overdrawn = r#"{"event":"balance.updated","data":{"connectionId":"c1","account":{"id":"a1","balance":{"amount":"5.00","CdtDbtInd":"DBIT"}}}}"#;
    let changes = changes("basiq", overdrawn).unwrap();
    assert!(
        matches!(&changes[..], [Change { update: Update::Account(account), .. }] if account.balance.unwrap().to_string() == "-5.00")
    );
}

#[test]
fn payments_of_apideck_go_the_way_of_their_type_and_other_records_their_own() {
    for (event, kind, expected) in [
        ("accounting.payment.created", "accounts_payable", "-49.99"),
        ("accounting.payment.updated", "accounts_payable_overpayment", "-49.99"),
        ("accounting.payment.created", "accounts_payable_prepayment", "-49.99"),
        ("accounting.payment.created", "accounts_payable_credit", "49.99"),
        ("accounting.payment.created", "accounts_receivable", "49.99"),
        ("accounting.payment.created", "accounts_receivable_overpayment", "49.99"),
        ("accounting.payment.created", "accounts_receivable_prepayment", "49.99"),
        ("accounting.payment.created", "accounts_receivable_credit", "-49.99"),
        ("accounting.bill_payment.created", "accounts_payable", "-49.99"),
        ("accounting.bill_payment.created", "accounts_payable_prepayment", "-49.99"),
        ("accounting.expense.created", "expense", "-49.99"),
        ("accounting.expense.created", "refund", "49.99"),
    ] {
        let new = apideck(event, &format!(r#""type":"{kind}","total_amount":49.99"#)).unwrap();
        assert_eq!(new.amount.to_string(), expected, "{event} {kind}");
        assert_eq!(new.primary_type == PrimaryType::Expense, expected.starts_with('-'), "{event} {kind}");
    }
}

#[test]
fn several_records_in_an_array_each_go_their_own_way() {
    let payment = |id: &str, kind: &str| {
        format!(
            r#"{{"id":"{id}","account":{{"id":"a1"}},"transaction_date":"2026-11-20","type":"{kind}","total_amount":5}}"#
        )
    };
    let both = format!("[{},{}]", payment("p1", "accounts_payable"), payment("p2", "accounts_receivable"));
    for body in [
        format!(r#"{{"event_type":"accounting.payment.created","connectionId":"c1","data":{{"payments":{both}}}}}"#),
        format!(
            r#"{{"event_type":"accounting.payment.created","connectionId":"c1","data":{{"transactions":{both}}}}}"#
        ),
        format!(r#"{{"event_type":"accounting.payment.created","connectionId":"c1","data":{both}}}"#),
    ] {
        let amounts: Vec<_> =
            transactions("apideck", &body).unwrap().iter().map(|new| new.amount.to_string()).collect();
        assert_eq!(amounts, ["-5", "5"], "{body}");
    }
}

#[test]
fn where_no_currency_is_named_the_accounts_counts() {
    let body = |currency: &str| {
        format!(
            r#"{{"event_type":"accounting.expense.created","data":{{"expense":{{"id":"e1","transaction_date":"2026-11-20","total_amount":7.00,"currency":{currency}}},"account":{{"id":"a1","currency":"EUR"}},"connectionId":"c1"}}}}"#
        )
    };
    for (currency, expected) in [
        (r#""UNKNOWN_CURRENCY""#, "EUR"),
        (r#""XXX""#, "EUR"),
        (r#""""#, "EUR"),
        ("null", "EUR"),
        (r#""null""#, "EUR"),
        ("999", "EUR"),
        (r#"{"code":"UNKNOWN_CURRENCY"}"#, "EUR"),
        (r#""usd""#, "USD"),
        (r#""840""#, "USD"),
        ("36", "AUD"),
        (r#"{"code":"NZD"}"#, "NZD"),
    ] {
        let new = transactions("apideck", &body(currency)).unwrap().remove(0);
        assert_eq!((new.amount.to_string().as_str(), new.currency.unwrap().code()), ("-7.00", expected), "{currency}");
    }
    for currency in [r#""USDT""#, r#""dollars""#, r#""$""#, "1000"] {
        let reason = "the currency of the transaction is not a currency code of three letters";
        assert_eq!(transactions("apideck", &body(currency)).unwrap_err(), reason, "{currency}");
    }
}

#[test]
fn where_nothing_names_a_currency_none_is_told_and_the_connectors_is_used() {
    let new = apideck("accounting.expense.created", r#""total_amount":7,"currency":"UNKNOWN_CURRENCY""#).unwrap();
    assert_eq!(new.currency, None);
}
