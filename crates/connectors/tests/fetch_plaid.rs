//! Fetching from Plaid: runs over `/transactions/sync` with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::api::{Asked, Script, obstacle, page, refresh};
use common::shown::shown_change;
use common::{SECRET, connector};
use connectors::fetch::{Absence, FetchError, Next, Page, Refresh};
use serde_json::{Value, json};

fn plaid(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    page(&*connector("plaid", &[SECRET]), api, asked)
}

/// A posted purchase with some members replaced.
fn purchase(members: &Value) -> Value {
    let mut row = json!({
        "transaction_id": "t1", "account_id": "a1", "amount": 12.50, "iso_currency_code": "USD",
        "unofficial_currency_code": null, "date": "2024-04-27", "datetime": null, "authorized_date": "2024-04-26",
        "authorized_datetime": null, "name": "HARBOUR CAFE 0042", "merchant_name": "Harbour Cafe",
        "original_description": "POS HARBOUR CAFE 0042 SYDNEY", "pending": false, "pending_transaction_id": "p1",
        "payment_channel": "in store", "personal_finance_category": { "primary": "FOOD_AND_DRINK", "detailed": "FOOD_AND_DRINK_COFFEE" },
        "location": { "city": "Sydney", "region": "NSW", "country": "AU", "lat": -33.8 }, "payment_meta": { "reference_number": null },
    });
    for (name, value) in members.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn answer(added: &[Value], removed: &[Value], accounts: &[Value], next: &str, more: bool) -> Value {
    json!({
        "added": added, "modified": [], "removed": removed, "accounts": accounts, "next_cursor": next, "has_more": more,
        "transactions_update_status": "HISTORICAL_UPDATE_COMPLETE", "request_id": "r",
    })
}

/// The result for the only added row of a page, or why it is rejected.
fn row(members: &Value) -> Result<Value, String> {
    let api = Script::pages([answer(&[purchase(members)], &[], &[], "n", false)]);
    let page = plaid(&api, &Asked::first()).unwrap();
    match page.rejected.as_slice() {
        [] => Ok(shown_change(&page.changes[0])),
        [rejected, ..] => Err(rejected.reason.clone()),
    }
}

#[test]
fn the_first_run_asks_for_as_many_days_as_it_reaches_back_and_goes_on_to_the_end() {
    let api =
        Script::pages([answer(&[purchase(&json!({}))], &[], &[], "n1", true), answer(&[], &[], &[], "n2", false)]);
    let first = plaid(&api, &Asked::first()).unwrap();
    assert_eq!((first.next, first.changes.len()), (Next::Page { position: "n1".to_owned() }, 1));
    let asked = Asked { position: Some("n1"), ..Asked::first() };
    let end = Next::End { cursor: Some("n2".to_owned()), absence: Absence::MeansNothing };
    assert_eq!(plaid(&api, &asked).unwrap().next, end);
    assert_eq!(api.asked(), ["POST transactions/sync", "POST transactions/sync"]);
    let expected = json!({
        "client_id": "client", "secret": SECRET, "access_token": "token-of-the-connection", "count": 500,
        "options": { "include_original_description": true, "days_requested": 90 },
    });
    assert_eq!(api.body(0), expected);
    assert_eq!(api.body(1)["cursor"], "n1");
    assert_eq!(api.body(1)["options"], json!({ "include_original_description": true }));
}

#[test]
fn a_later_run_goes_on_where_the_last_one_ended() {
    let api = Script::pages([answer(&[], &[], &[], "n3", true)]);
    plaid(&api, &Asked { cursor: Some("n2"), ..Asked::first() }).unwrap();
    assert_eq!(api.body(0)["cursor"], "n2");
    let api = Script::pages([answer(&[], &[], &[], "n3", true)]);
    plaid(&api, &Asked { cursor: Some("n2"), position: Some("n9"), ..Asked::first() }).unwrap();
    assert_eq!(api.body(0)["cursor"], "n9");
}

#[test]
fn while_nothing_is_ready_there_is_no_cursor_to_go_on_from() {
    for (cursor, left) in [(None, None), (Some("n1"), Some("n1".to_owned()))] {
        let api = Script::pages([answer(&[], &[], &[], "", false)]);
        let page = plaid(&api, &Asked { cursor, ..Asked::first() }).unwrap();
        assert_eq!(page.next, Next::End { cursor: left, absence: Absence::MeansNothing });
    }
}

#[test]
fn a_row_becomes_a_transaction_with_the_sign_turned_around() {
    let expected = json!({
        "transaction": "t1", "accountId": "a1", "amount": "-12.5", "currency": "USD", "date": "2024-04-26T00:00:00Z",
        "datePrecision": "day", "primaryType": "expense", "secondaryType": "in store",
        "description": "POS HARBOUR CAFE 0042 SYDNEY", "merchant": "Harbour Cafe", "location": "Sydney, NSW, AU",
        "categoryHint": "FOOD_AND_DRINK", "status": "posted",
    });
    assert_eq!(row(&json!({})).unwrap(), expected);
    let salary = row(&json!({ "amount": -2500.10, "pending": true, "original_description": null })).unwrap();
    assert_eq!((&salary["amount"], &salary["status"]), (&json!("2500.1"), &json!("pending")));
    assert_eq!((&salary["primaryType"], &salary["description"]), (&json!("income"), &json!("HARBOUR CAFE 0042")));
    let own = json!({ "personal_finance_category": { "primary": "TRANSFER_OUT", "detailed": "TRANSFER_OUT_ACCOUNT_TRANSFER" } });
    assert_eq!(row(&own).unwrap()["primaryType"], "transfer");
}

#[test]
fn when_it_happened_comes_before_when_it_was_posted() {
    for (members, date, precision) in [
        (json!({ "authorized_datetime": "2024-04-26T08:15:00Z" }), "2024-04-26T08:15:00Z", "instant"),
        (json!({ "authorized_date": null, "datetime": "2024-04-27T01:02:03Z" }), "2024-04-27T01:02:03Z", "instant"),
        (json!({ "authorized_date": null }), "2024-04-27T00:00:00Z", "day"),
    ] {
        let row = row(&members).unwrap();
        assert_eq!((&row["date"], &row["datePrecision"]), (&json!(date), &json!(precision)), "{members}");
    }
}

#[test]
fn a_row_that_is_not_understood_holds_up_no_other() {
    for (members, reason) in [
        (json!({ "amount": null }), "the transaction has no amount"),
        (json!({ "amount": "12,50" }), "the amount is not a decimal number"),
        (json!({ "unofficial_currency_code": "BTC" }), "the currency of the transaction is not in ISO 4217"),
        (
            json!({ "iso_currency_code": "dollars" }),
            "the currency of the transaction is not a currency code of three letters",
        ),
        (json!({ "authorized_date": "26 April" }), "the transaction's date is not a date"),
        (json!({ "account_id": null }), "the id of the account is missing"),
    ] {
        assert_eq!(row(&members).unwrap_err(), reason, "{members}");
    }
    let rows = [purchase(&json!({ "amount": null })), purchase(&json!({ "transaction_id": "t2" })), json!(7)];
    let page = plaid(&Script::pages([answer(&rows, &[], &[], "n", false)]), &Asked::first()).unwrap();
    let rejected: Vec<&str> = page.rejected.iter().map(|one| one.item.as_str()).collect();
    assert_eq!((page.changes.len(), rejected), (1, vec!["t1", "added[2]"]));
}

#[test]
fn what_is_new_comes_before_what_is_gone_and_balances_come_last() {
    let removed = json!({ "transaction_id": "p1", "account_id": "a1" });
    let account = |members: Value| {
        json!({
            "account_id": "a1", "name": "Plaid Checking", "official_name": "Gold", "mask": "0000", "type": members["type"],
            "subtype": members["subtype"], "balances": { "current": 110.25, "available": 100, "iso_currency_code": "USD", "limit": null },
        })
    };
    let checking = account(json!({ "type": "depository", "subtype": "checking" }));
    let card = account(json!({ "type": "credit", "subtype": "credit card" }));
    let api = Script::pages([answer(&[purchase(&json!({}))], &[removed], &[checking, card], "n", false)]);
    let changes: Vec<Value> = plaid(&api, &Asked::first()).unwrap().changes.iter().map(shown_change).collect();
    assert_eq!(changes[0]["transaction"], "t1");
    assert_eq!(changes[1], json!({ "deleted": "p1", "accountId": "a1" }));
    let expected = json!({
        "account": "a1", "name": "Plaid Checking", "lastDigits": "0000", "kind": "checking", "currency": "USD",
        "balance": "110.25", "available": "100",
    });
    assert_eq!(changes[2], expected);
    // At Plaid a debt on a card is positive.
    assert_eq!((&changes[3]["balance"], &changes[3]["kind"]), (&json!("-110.25"), &json!("credit card")));
}

#[test]
fn an_error_of_plaid_says_what_there_is_to_do() {
    let fails = |status: u16, kind: &str, code: &str| {
        let body = json!({ "error_type": kind, "error_code": code, "error_message": "because" }).to_string();
        plaid(&Script::of([(status, body)]), &Asked::first()).unwrap_err()
    };
    let mutation = fails(400, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION");
    assert!(matches!(&mutation, FetchError::Restart { .. }), "{mutation:?}");
    assert_eq!(mutation.to_string(), "Plaid answered TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION: because");
    for code in ["ITEM_LOGIN_REQUIRED", "ITEM_LOCKED", "USER_PERMISSION_REVOKED", "ACCESS_NOT_GRANTED"] {
        assert!(matches!(fails(400, "ITEM_ERROR", code), FetchError::ConsentNeeded { .. }), "{code}");
    }
    assert!(matches!(fails(400, "INVALID_INPUT", "INVALID_ACCESS_TOKEN"), FetchError::ConsentNeeded { .. }));
    assert!(matches!(fails(400, "INVALID_INPUT", "INVALID_API_KEYS"), FetchError::Refused { .. }));
    assert!(matches!(fails(400, "ITEM_ERROR", "ITEM_NOT_FOUND"), FetchError::Gone { .. }));
    assert!(matches!(fails(400, "ITEM_ERROR", "PRODUCT_NOT_READY"), FetchError::Later { .. }));
    assert!(matches!(fails(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_SYNC_LIMIT"), FetchError::Later { .. }));
    assert!(matches!(fails(500, "API_ERROR", "INTERNAL_SERVER_ERROR"), FetchError::Later { .. }));
    assert!(matches!(fails(400, "INSTITUTION_ERROR", "INSTITUTION_DOWN"), FetchError::Later { .. }));
    assert!(matches!(fails(400, "INVALID_REQUEST", "UNKNOWN_FIELDS"), FetchError::NotUnderstood { .. }));
    let gateway = plaid(&Script::of([(502, "<html>".to_owned())]), &Asked::first()).unwrap_err();
    assert!(matches!(gateway, FetchError::Later { after: None, .. }));
    let mut limited = common::api::answer(429, "");
    limited.headers = [("retry-after", "30")].into_iter().collect();
    assert_eq!(limited.pause(), Some(Duration::from_secs(30)));
}

#[test]
fn an_answer_that_is_not_what_plaid_documents_is_not_understood() {
    for body in ["", "[]", "{}", r#"{"added":[],"modified":[],"removed":[],"accounts":[],"has_more":true}"#] {
        let failed = plaid(&Script::of([(200, body.to_owned())]), &Asked::first()).unwrap_err();
        assert!(matches!(failed, FetchError::NotUnderstood { .. }), "{body}: {failed:?}");
    }
}

#[test]
fn a_connection_without_a_token_and_a_server_without_a_client_cannot_ask() {
    let plaid = connector("plaid", &[SECRET]);
    assert_eq!(obstacle(&*plaid, &[("accessToken", "t")]), None);
    assert_eq!(obstacle(&*plaid, &[]).unwrap(), "the connection was registered without the credential accessToken");
    let unset = connector("plaid", &[""]);
    assert_eq!(obstacle(&*unset, &[("accessToken", "t")]).unwrap(), "PLAID_CLIENT_ID and PLAID_SECRET are not set");
    let api = Script::default();
    let refused = page(&*unset, &api, &Asked::first()).unwrap_err();
    assert!(matches!(refused, FetchError::Refused { .. }) && api.asked().is_empty());
}

#[test]
fn plaid_is_made_to_look_at_the_bank_on_demand() {
    let api = Script::pages([json!({ "request_id": "r" })]);
    assert_eq!(refresh(&*connector("plaid", &[SECRET]), &api), Ok(Refresh::Begun { job: None }));
    assert_eq!(api.asked(), ["POST transactions/refresh"]);
    assert_eq!(api.body(0)["access_token"], "token-of-the-connection");
}
