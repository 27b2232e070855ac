//! Fetching from Apideck, with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::api::{Asked, Script, page_of};
use common::shown::shown_change;
use common::{SECRET, settings};
use connectors::fetch::{FetchError, Next, Page};
use connectors::{Registry, Wanted};
use serde_json::{Value, json};

fn apideck(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    let mut settings = settings(&[SECRET]);
    settings.set("APIDECK_APP_ID", ["app"]);
    page_of("xero+c", &**Registry::new(&settings).get("apideck").unwrap(), api, asked)
}

fn following(api: &Script, page: &Page) -> Page {
    let Next::Page { position } = &page.next else { panic!("{:?}", page.next) };
    apideck(api, &Asked { position: Some(position), ..Asked::first() }).unwrap()
}

fn expense(id: &str, account: &str) -> Value {
    json!({
        "id": id, "transaction_date": "2024-04-01T10:00:00.000Z", "account": { "id": account, "name": "Operating" },
        "type": "expense", "total_amount": 12.5, "currency": "USD", "status": "posted", "memo": "Courier",
    })
}

fn list(rows: &[Value]) -> Value {
    json!({ "status_code": 200, "data": rows })
}

fn account(balance: &str) -> Value {
    let balance: Value = serde_json::from_str(balance).unwrap();
    json!({ "status_code": 200, "data": {
        "id": "a1", "type": "bank", "name": "Operating", "current_balance": balance, "currency": "USD",
        "bank_account": { "account_number": "99217788" }, "updated_at": "2020-01-01T00:00:00.000Z",
    } })
}

#[test]
fn the_accounts_that_records_name_are_asked_for_their_balances_at_the_end_of_the_run() {
    let rows = [expense("e1", "a1"), expense("e2", "a1")];
    let api = Script::pages([list(&rows), list(&[]), list(&[]), account("1209.55")]);
    let mut page = apideck(&api, &Asked::first()).unwrap();
    for _ in 0..3 {
        page = following(&api, &page);
    }
    let told = json!({
        "account": "a1", "name": "Operating", "lastDigits": "7788", "kind": "bank", "currency": "USD", "balance": "1209.55",
    });
    assert_eq!(page.changes.iter().map(shown_change).collect::<Vec<_>>(), [told]);
    assert!(matches!(page.next, Next::End { .. }), "{:?}", page.next);
    assert_eq!(api.asked().last().unwrap(), "GET accounting/ledger-accounts/a1");
}

#[test]
fn the_account_of_one_record_is_asked_for_with_it() {
    let wanted = || Wanted::Record { kind: "expense".to_owned(), id: "e1".to_owned() };
    let one = json!({ "status_code": 200, "data": expense("e1", "a1") });
    let cursor = r#"{"at":4000000000,"whole":4000000000}"#;
    for (balance, changes) in [((200, account("-3.10").to_string()), 3), ((501, "{}".to_owned()), 2)] {
        let api = Script::of([(200, one.to_string()), balance]);
        let page = apideck(&api, &Asked { wanted: wanted(), cursor: Some(cursor), ..Asked::first() }).unwrap();
        assert_eq!(page.changes.len(), changes, "where there is no balance the record is told all the same");
        assert_eq!(api.asked(), ["GET accounting/expenses/e1", "GET accounting/ledger-accounts/a1"]);
    }
}

#[test]
fn a_payment_that_is_authorised_is_posted_since_it_is_in_the_books() {
    let payment = json!({
        "id": "p1", "transaction_date": "2024-04-01T10:00:00.000Z", "account": { "id": "a1" }, "type": "accounts_receivable",
        "total_amount": 840.0, "currency": "USD", "status": "authorised", "note": "Invoice 2041",
    });
    let api = Script::pages([list(&[]), list(&[payment])]);
    let page = following(&api, &apideck(&api, &Asked::first()).unwrap());
    assert_eq!(shown_change(&page.changes[0])["status"], json!("posted"));
}
