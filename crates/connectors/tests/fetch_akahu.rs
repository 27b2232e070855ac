//! Fetching from Akahu, with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::api::{Asked, FIRST_DAY, Script, obstacle, page, refresh};
use common::shown::shown_change;
use common::{SECRET, connector};
use connectors::fetch::{Absence, FetchError, Next, Page, Refresh};
use serde_json::{Value, json};

fn akahu(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    page(&*connector("akahu", &[SECRET]), api, asked)
}

fn row(amount: &Value) -> Value {
    json!({
        "_id": "trans_1", "_account": "acc_1", "_user": "user_1", "_connection": "conn_1", "hash": "h",
        "created_at": "2024-04-28T00:00:00.000Z", "updated_at": "2024-04-28T01:02:03.000Z", "date": "2024-04-26T12:00:00.000Z",
        "description": "HARBOUR CAFE", "amount": amount, "balance": 101.05, "type": "EFTPOS",
        "merchant": { "_id": "merchant_1", "name": "Harbour Cafe" }, "category": { "_id": "c", "name": "Cafes" },
        "meta": { "particulars": "P1", "reference": "R1", "logo": "https://example.com/logo.png" },
    })
}

fn list(items: &[Value], next: Option<&str>) -> Value {
    json!({ "success": true, "items": items, "cursor": { "next": next } })
}

fn account(id: &str, status: &str) -> Value {
    json!({
        "_id": id, "name": "Everyday", "status": status, "formatted_account": "12-3456-1234567-00", "type": "CHECKING",
        "balance": { "currency": "NZD", "current": -20.5, "available": 479.5, "overdrawn": true }, "attributes": ["TRANSACTIONS"],
    })
}

#[test]
fn a_run_lists_the_days_it_reaches_back_and_then_the_accounts() {
    let api = Script::pages([
        list(&[row(&json!(-12.5))], Some("next-1")),
        list(&[], None),
        list(&[account("acc_1", "ACTIVE"), account("acc_2", "INACTIVE")], None),
    ]);
    let first = akahu(&api, &Asked::first()).unwrap();
    assert_eq!(first.next, Next::Page { position: "next-1".to_owned() });
    let expected = json!({
        "transaction": "trans_1", "accountId": "acc_1", "amount": "-12.5", "balance": "101.05", "date": "2024-04-26T12:00:00Z",
        "datePrecision": "instant", "primaryType": "expense", "secondaryType": "eftpos", "description": "HARBOUR CAFE",
        "merchant": "Harbour Cafe", "reference": "P1 R1", "categoryHint": "Cafes", "status": "posted", "version": 1_714_266_123_000_i64,
    });
    assert_eq!(shown_change(&first.changes[0]), expected);
    let last = akahu(&api, &Asked { position: Some("next-1"), ..Asked::first() }).unwrap();
    let end = Next::End { cursor: Some("2024-03-30".to_owned()), absence: Absence::MeansGoneSince(FIRST_DAY) };
    assert_eq!(last.next, end);
    let changes: Vec<Value> = last.changes.iter().map(shown_change).collect();
    let expected = json!({
        "account": "acc_1", "name": "Everyday", "lastDigits": "6700", "kind": "checking", "currency": "NZD", "balance": "-20.5",
        "available": "479.5",
    });
    assert_eq!((&changes[0], &changes[2]), (&expected, &json!({ "connectionStatus": "active" })));
    assert_eq!(
        api.asked(),
        [
            "GET transactions?start=2024-01-29T00:00:00.000Z",
            "GET transactions?start=2024-01-29T00:00:00.000Z&cursor=next-1",
            "GET accounts",
        ]
    );
    assert_eq!(api.header(0, "authorization").unwrap(), "Bearer token-of-the-connection");
    assert_eq!(api.header(0, "x-akahu-id").unwrap(), "app_token_1");
}

#[test]
fn a_page_without_rows_may_be_followed_by_another() {
    let api = Script::pages([list(&[], Some("next-1"))]);
    assert_eq!(akahu(&api, &Asked::first()).unwrap().next, Next::Page { position: "next-1".to_owned() });
}

#[test]
fn a_connection_of_which_no_account_can_be_reached_is_invalid() {
    for (accounts, status) in [
        (vec![account("acc_1", "INACTIVE")], Some("invalid")),
        (vec![account("acc_1", "INACTIVE"), account("acc_2", "ACTIVE")], Some("active")),
        (vec![], None),
    ] {
        let api = Script::pages([list(&[], None), list(&accounts, None)]);
        let changes: Vec<Value> = akahu(&api, &Asked::first()).unwrap().changes.iter().map(shown_change).collect();
        let found = changes.last().and_then(|change| change["connectionStatus"].as_str());
        assert_eq!(found, status);
    }
}

#[test]
fn what_is_not_understood_holds_up_nothing_else() {
    let mut points = account("acc_2", "ACTIVE");
    points["balance"]["currency"] = json!("FLYBUYS");
    let rows = [row(&json!("1,5")), row(&json!(2500.1)), json!([])];
    let api = Script::pages([list(&rows, None), list(&[points], None)]);
    let page = akahu(&api, &Asked::first()).unwrap();
    let items: Vec<&str> = page.rejected.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(items, ["trans_1", "items[2]", "acc_2"]);
    assert_eq!(shown_change(&page.changes[0])["amount"], "2500.1");
}

#[test]
fn what_akahu_answers_instead_says_what_there_is_to_do() {
    let fails = |status: u16, body: &str| akahu(&Script::of([(status, body.to_owned())]), &Asked::first()).unwrap_err();
    let unauthorised = r#"{"success":false,"message":"Unauthorized"}"#;
    assert!(matches!(fails(401, unauthorised), FetchError::ConsentNeeded { .. }));
    assert!(matches!(fails(429, ""), FetchError::Later { .. }));
    assert!(matches!(fails(500, ""), FetchError::Later { .. }));
    for body in ["", "[]", "{}", r#"{"items":{}}"#] {
        assert!(matches!(fails(200, body), FetchError::NotUnderstood { .. }), "{body}");
    }
    let connector_ = connector("akahu", &[SECRET]);
    assert_eq!(obstacle(&*connector_, &[("accessToken", "t")]), None);
    assert_eq!(
        obstacle(&*connector_, &[]).unwrap(),
        "the connection was registered without the credential accessToken"
    );
    let unset = connector("akahu", &[""]);
    assert_eq!(obstacle(&*unset, &[("accessToken", "t")]).unwrap(), "AKAHU_APP_TOKEN and AKAHU_APP_SECRET are not set");
    let refused = page(&*unset, &Script::default(), &Asked::first()).unwrap_err();
    assert!(matches!(refused, FetchError::Refused { .. }));
}

#[test]
fn akahu_is_made_to_look_at_the_banks_on_demand() {
    let api = Script::pages([json!({ "success": true })]);
    assert_eq!(refresh(&*connector("akahu", &[SECRET]), &api), Ok(Refresh::Begun { job: None }));
    assert_eq!(api.asked(), ["POST refresh"]);
}
