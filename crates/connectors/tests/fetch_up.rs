//! Fetching from Up, with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::api::{Asked, FIRST_DAY, Script, obstacle, page};
use common::connector;
use common::shown::shown_change;
use connectors::Wanted;
use connectors::fetch::{Absence, FetchError, Next, Page};
use serde_json::{Value, json};

fn up(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    page(&*connector("up", &[]), api, asked)
}

fn money(value: &str) -> Value {
    json!({ "currencyCode": "AUD", "value": value, "valueInBaseUnits": 0 })
}

/// A purchase with some attributes replaced.
fn purchase(attributes: &Value) -> Value {
    let mut own = json!({
        "status": "SETTLED", "rawText": "HARBOUR CAFE, SYDNEY AU", "description": "Harbour Cafe", "message": null, "note": null,
        "amount": money("-12.50"), "foreignAmount": null, "settledAt": "2024-04-28T10:00:00+10:00",
        "createdAt": "2024-04-27T08:15:00+10:00", "transactionType": "Purchase",
    });
    for (name, value) in attributes.as_object().unwrap() {
        own[name] = value.clone();
    }
    json!({
        "type": "transactions", "id": "t1", "attributes": own, "relationships": {
            "account": { "data": { "type": "accounts", "id": "a1" } }, "transferAccount": { "data": null },
            "category": { "data": { "type": "categories", "id": "restaurants-and-cafes" } },
        },
    })
}

fn account() -> Value {
    json!({ "type": "accounts", "id": "a1", "attributes": {
        "displayName": "Spending", "accountType": "TRANSACTIONAL", "ownershipType": "INDIVIDUAL", "balance": money("101.05"),
    } })
}

fn list(rows: &[Value], next: Option<&str>) -> Value {
    json!({ "data": rows, "links": { "prev": null, "next": next } })
}

#[test]
fn a_run_lists_the_days_it_reaches_back_and_then_the_accounts() {
    let next = "https://elsewhere.example/api/v1/transactions?filter%5Bsince%5D=x&page%5Bafter%5D=WyIy%2BMDI%3D&page%5Bsize%5D=100";
    let api = Script::pages([list(&[purchase(&json!({}))], Some(next)), list(&[], None), list(&[account()], None)]);
    let first = up(&api, &Asked::first()).unwrap();
    assert_eq!(first.next, Next::Page { position: "WyIy+MDI=".to_owned() });
    let last = up(&api, &Asked { position: Some("WyIy+MDI="), ..Asked::first() }).unwrap();
    // 30 days before the run began; one day more than counts is requested.
    let end = Next::End { cursor: Some("2024-03-30".to_owned()), absence: Absence::MeansGoneSince(FIRST_DAY) };
    assert_eq!(last.next, end);
    let since = "filter[since]=2024-01-29T00:00:00Z";
    assert_eq!(
        api.asked(),
        [
            format!("GET transactions?page[size]=100&{since}"),
            format!("GET transactions?page[size]=100&{since}&page[after]=WyIy+MDI="),
            "GET accounts?page[size]=100".to_owned(),
        ]
    );
    assert_eq!(api.header(0, "authorization").unwrap(), "Bearer token-of-the-connection");
    let expected = json!({
        "account": "a1", "name": "Spending", "kind": "transactional", "currency": "AUD", "balance": "101.05", "available": "101.05",
    });
    assert_eq!(last.changes.iter().map(shown_change).collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_later_run_lists_what_may_have_changed_since() {
    let api = Script::pages([list(&[], None), list(&[], None)]);
    let page = up(&api, &Asked { cursor: Some("2024-03-15"), ..Asked::first() }).unwrap();
    assert_eq!(api.asked()[0], "GET transactions?page[size]=100&filter[since]=2024-03-14T00:00:00Z");
    let day = jiff::civil::date(2024, 3, 15);
    assert!(matches!(page.next, Next::End { absence: Absence::MeansGoneSince(since), .. } if since == day));
}

#[test]
fn one_transaction_is_asked_for_with_its_account() {
    let wanted = Wanted::Record { kind: "transaction".to_owned(), id: "t1".to_owned() };
    let asked = Asked { wanted, cursor: Some("2024-03-15"), ..Asked::first() };
    let api = Script::pages([json!({ "data": purchase(&json!({})) }), json!({ "data": account() })]);
    let page = up(&api, &asked).unwrap();
    assert_eq!(api.asked(), ["GET transactions/t1", "GET accounts/a1"]);
    let expected = json!({
        "transaction": "t1", "accountId": "a1", "amount": "-12.50", "currency": "AUD", "date": "2024-04-26T22:15:00Z",
        "datePrecision": "instant", "primaryType": "expense", "secondaryType": "Purchase", "description": "Harbour Cafe",
        "originalDescription": "HARBOUR CAFE, SYDNEY AU", "categoryHint": "restaurants-and-cafes", "status": "posted",
    });
    assert_eq!(shown_change(&page.changes[0]), expected);
    assert_eq!(page.changes.len(), 2);
    let end = Next::End { cursor: Some("2024-03-15".to_owned()), absence: Absence::MeansNothing };
    assert_eq!(page.next, end);
    // It was cancelled before it was fetched.
    let page = up(&Script::of([(404, r#"{"errors":[]}"#.to_owned())]), &asked).unwrap();
    assert_eq!((page.changes.len(), page.next), (0, end));
}

#[test]
fn a_row_says_whether_it_is_held_and_whether_it_went_to_an_own_account() {
    let row = |row: Value| {
        let api = Script::pages([list(&[row], None), list(&[], None)]);
        shown_change(&up(&api, &Asked::first()).unwrap().changes[0])
    };
    let held = row(purchase(&json!({ "status": "HELD", "settledAt": null, "amount": money("20") })));
    assert_eq!(
        (&held["status"], &held["amount"], &held["primaryType"]),
        (&json!("pending"), &json!("20"), &json!("income"))
    );
    let mut transfer = purchase(&json!({ "message": "Rent", "rawText": null }));
    transfer["relationships"]["transferAccount"]["data"] = json!({ "type": "accounts", "id": "a2" });
    let transfer = row(transfer);
    assert_eq!((&transfer["primaryType"], &transfer["reference"]), (&json!("transfer"), &json!("Rent")));
    assert_eq!(transfer.get("originalDescription"), None);
}

#[test]
fn a_row_that_is_not_understood_holds_up_no_other() {
    let mut nameless = purchase(&json!({}));
    nameless["relationships"]["account"]["data"] = Value::Null;
    let rows = [
        purchase(&json!({ "amount": null })),
        nameless,
        purchase(&json!({ "createdAt": "today" })),
        purchase(&json!({})),
    ];
    let api = Script::pages([list(&rows, None), list(&[json!({ "id": "a1" })], None)]);
    let page = up(&api, &Asked::first()).unwrap();
    let reasons: Vec<&str> = page.rejected.iter().map(|one| one.reason.as_str()).collect();
    let expected = [
        "the transaction has no amount",
        "the transaction names no account",
        "the transaction's date is not a date",
        "the account has no attributes",
    ];
    assert_eq!((page.changes.len(), reasons.as_slice()), (1, expected.as_slice()));
}

#[test]
fn what_up_answers_instead_says_what_there_is_to_do() {
    let fails = |status: u16, body: &str| up(&Script::of([(status, body.to_owned())]), &Asked::first()).unwrap_err();
    assert!(matches!(fails(401, r#"{"errors":[{"status":"401"}]}"#), FetchError::ConsentNeeded { .. }));
    assert!(matches!(fails(429, ""), FetchError::Later { .. }));
    assert!(matches!(fails(500, ""), FetchError::Later { .. }));
    for body in ["", "[]", "{}", r#"{"data":{}}"#, r#"{"data":[],"links":{"next":"https://x/?page[size]=1"}}"#] {
        assert!(matches!(fails(200, body), FetchError::NotUnderstood { .. }), "{body}");
    }
    let refused = up(&Script::default(), &Asked { credentials: &[], ..Asked::first() }).unwrap_err();
    assert!(matches!(refused, FetchError::Refused { .. }));
    let up = connector("up", &[]);
    assert_eq!(obstacle(&*up, &[("accessToken", "t")]), None);
    assert_eq!(obstacle(&*up, &[]).unwrap(), "the connection was registered without the credential accessToken");
}
