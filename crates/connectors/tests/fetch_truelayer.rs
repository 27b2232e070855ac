//! Fetching from TrueLayer, with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::api::{Asked, Script, page};
use common::shown::shown_change;
use common::{SECRET, settings};
use connectors::fetch::{Absence, FetchError, Next, Page};
use connectors::{Registry, Wanted};
use serde_json::{Value, json};

fn truelayer(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    let settings = settings(&[SECRET]).with("TRUELAYER_CLIENT_ID", ["client-1"]);
    page(&**Registry::new(&settings).get("truelayer").unwrap(), api, asked)
}

/// A run after one that was complete on 29 April, so that one list covers it.
fn recent() -> Asked<'static> {
    Asked { cursor: Some("2024-04-10"), ..Asked::first() }
}

fn list(items: &[Value], next: Option<&str>) -> Value {
    json!({ "items": items, "pagination": { "next_cursor": next } })
}

fn incoming(id: &str) -> Value {
    json!({
        "type": "merchant_account_payment", "id": id, "currency": "GBP", "amount_in_minor": 12550, "status": "settled",
        "settled_at": "2024-04-27T15:40:30.561Z", "payment_id": "p-1",
        "payment_source": { "id": "s-1", "account_holder_name": "JOHN SANDBRIDGE", "account_identifiers": [] },
    })
}

fn payout(id: &str, status: &str) -> Value {
    json!({
        "type": "payout", "id": id, "currency": "GBP", "amount_in_minor": 27, "status": status, "payout_id": id,
        "created_at": "2024-04-28T10:00:00Z", "executed_at": "2024-04-28T10:00:02Z", "context_code": "withdrawal",
        "beneficiary": { "type": "external_account", "account_holder_name": "Studio", "reference": "May" },
    })
}

#[test]
fn a_payments_event_has_the_accounts_transactions_listed_with_their_amounts() {
    let mut refund = payout("r-1", "executed");
    refund["type"] = json!("refund");
    let external = json!({
        "type": "external_payment", "id": "e-1", "currency": "GBP", "amount_in_minor": 100, "status": "settled",
        "settled_at": "2024-04-26T00:00:00Z", "remitter": { "account_holder_name": "A. Payer", "reference": "Invoice 17" },
    });
    let api = Script::pages([list(&[incoming("t-1"), external, payout("o-1", "pending"), refund], None)]);
    let wanted = Wanted::Record { kind: "payment".to_owned(), id: "p-1".to_owned() };
    let told = truelayer(&api, &Asked { wanted, ..recent() }).unwrap();
    let shown: Vec<Value> = told.changes.iter().map(shown_change).collect();
    assert_eq!(
        shown[0],
        json!({
            "transaction": "t-1", "accountId": "c1", "amount": "125.50", "currency": "GBP", "date": "2024-04-27T15:40:30.561Z",
            "datePrecision": "instant", "primaryType": "income", "secondaryType": "merchant_account_payment",
            "description": "JOHN SANDBRIDGE", "merchant": "JOHN SANDBRIDGE", "status": "posted",
        })
    );
    let amounts: Vec<_> = shown.iter().map(|change| (change["amount"].as_str(), change["status"].as_str())).collect();
    let expected = [("125.50", "posted"), ("1.00", "posted"), ("-0.27", "pending"), ("-0.27", "posted")];
    assert_eq!(amounts, expected.map(|(amount, status)| (Some(amount), Some(status))));
    assert_eq!(
        api.asked(),
        ["GET v3/merchant-accounts/c1/transactions?from=2024-04-09T00:00:00Z&to=2024-04-30T00:00:00Z"]
    );
    let end = Next::End { cursor: Some("2024-03-30".to_owned()), absence: Absence::OfPendingMeansGone };
    assert_eq!(told.next, end);
}

#[test]
fn the_first_run_lists_a_month_after_the_other_and_each_to_its_end() {
    let empty = || list(&[], None);
    let api = Script::pages([list(&[incoming("t-1")], Some("n-1")), empty(), empty(), empty(), empty()]);
    let (mut position, mut pages) = (None::<String>, 0);
    loop {
        let told = truelayer(&api, &Asked { position: position.as_deref(), ..Asked::first() }).unwrap();
        pages += 1;
        match told.next {
            Next::Page { position: next } => position = Some(next),
            Next::End { .. } => break,
        }
    }
    assert_eq!(pages, 5);
    let path = "GET v3/merchant-accounts/c1/transactions";
    assert_eq!(
        api.asked(),
        [
            format!("{path}?from=2024-01-29T00:00:00Z&to=2024-02-28T00:00:00Z"),
            format!("{path}?from=2024-01-29T00:00:00Z&to=2024-02-28T00:00:00Z&cursor=n-1"),
            format!("{path}?from=2024-02-28T00:00:00Z&to=2024-03-29T00:00:00Z"),
            format!("{path}?from=2024-03-29T00:00:00Z&to=2024-04-28T00:00:00Z"),
            format!("{path}?from=2024-04-28T00:00:00Z&to=2024-04-30T00:00:00Z"),
        ]
    );
}

#[test]
fn an_unknown_type_or_status_is_rejected_alone() {
    let mut unknown = incoming("t-2");
    unknown["type"] = json!("gift");
    let api = Script::pages([list(&[unknown, payout("o-1", "failed"), incoming("t-1")], None)]);
    let told = truelayer(&api, &recent()).unwrap();
    let rejected: Vec<&str> = told.rejected.iter().map(|rejected| rejected.item.as_str()).collect();
    assert_eq!((told.changes.len(), rejected), (1, vec!["t-2", "o-1"]));
}

#[test]
fn a_connection_that_is_a_mandate_has_no_transactions_and_stays() {
    let api = Script::of([(404, r#"{"title":"Not Found"}"#.to_owned())]);
    let told = truelayer(&api, &recent()).unwrap();
    assert!(told.changes.is_empty());
    assert_eq!(told.next, Next::End { cursor: Some("2024-04-10".to_owned()), absence: Absence::MeansNothing });
}

#[test]
fn what_truelayer_answers_instead_says_what_there_is_to_do() {
    let fails = |status: u16, body: &str| truelayer(&Script::of([(status, body.to_owned())]), &recent()).unwrap_err();
    assert!(matches!(fails(401, "{}"), FetchError::Refused { .. }));
    assert!(matches!(fails(429, "{}"), FetchError::Later { .. }));
    for body in ["", "{}", "[", "null"] {
        assert!(matches!(fails(200, body), FetchError::NotUnderstood { .. }), "{body}");
    }
    let stale = truelayer(&Script::default(), &Asked { position: Some("n-1"), ..recent() }).unwrap_err();
    assert!(matches!(stale, FetchError::Restart { .. }));
}

#[test]
fn without_a_client_it_is_not_asked() {
    let registry = Registry::new(&connectors::Settings::default().with("TRUELAYER_CLIENT_ID", ["client-1"]));
    assert!(registry.get("truelayer").unwrap().fetch().is_none());
}
