//! Fetching from Teller, with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::api::{Asked, Script, obstacle, page};
use common::shown::shown_change;
use common::{SECRET, connector};
use connectors::fetch::{Absence, FetchError, Next, Page};
use serde_json::{Value, json};

fn teller(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    page(&*connector("teller", &[SECRET]), api, asked)
}

/// The next page.
fn following(api: &Script, page: &Page) -> Result<Page, FetchError> {
    let Next::Page { position } = &page.next else { panic!("{:?}", page.next) };
    teller(api, &Asked { position: Some(position), ..Asked::first() })
}

fn account(id: &str) -> Value {
    json!({
        "id": id, "enrollment_id": "c1", "name": "Platinum Checking", "last_four": "4321", "type": "depository",
        "subtype": "checking", "currency": "USD", "status": "open",
    })
}

fn row(id: &str, date: &str) -> Value {
    json!({
        "id": id, "account_id": "a1", "amount": "-42.50", "date": date, "description": "HARBOUR MARKET", "status": "pending",
        "type": "card_payment", "running_balance": null, "details": { "processing_status": "pending", "category": null, "counterparty": null },
    })
}

fn balances() -> Value {
    json!({ "account_id": "a1", "ledger": "1234.56", "available": "1200.00" })
}

#[test]
fn a_run_asks_for_the_accounts_and_for_what_each_of_them_holds() {
    let api = Script::pages([
        json!([account("a1"), account("a2")]),
        json!([row("t1", "2024-04-27")]),
        balances(),
        json!([]),
        balances(),
    ]);
    let first = teller(&api, &Asked::first()).unwrap();
    let expected = json!({
        "account": "a1", "name": "Platinum Checking", "lastDigits": "4321", "kind": "checking", "currency": "USD",
    });
    assert_eq!(shown_change(&first.changes[0]), expected);
    let second = following(&api, &first).unwrap();
    let expected = [
        json!({
            "transaction": "t1", "accountId": "a1", "amount": "-42.50", "date": "2024-04-27T00:00:00Z", "datePrecision": "day",
            "primaryType": "expense", "secondaryType": "card_payment", "description": "HARBOUR MARKET", "status": "pending",
        }),
        json!({ "account": "a1", "balance": "1234.56", "available": "1200.00" }),
    ];
    assert_eq!(second.changes.iter().map(shown_change).collect::<Vec<_>>(), expected);
    let last = following(&api, &second).unwrap();
    let end = Next::End { cursor: Some("2024-03-30".to_owned()), absence: Absence::OfPendingMeansGone };
    assert_eq!(last.next, end);
    assert_eq!(
        api.asked(),
        [
            "GET accounts",
            "GET accounts/a1/transactions?count=250",
            "GET accounts/a1/balances",
            "GET accounts/a2/transactions?count=250",
            "GET accounts/a2/balances",
        ]
    );
    // `token-of-the-connection:`
    assert_eq!(api.header(0, "authorization").unwrap(), "Basic dG9rZW4tb2YtdGhlLWNvbm5lY3Rpb246");
}

#[test]
fn older_transactions_are_asked_for_until_they_are_older_than_the_run_reaches_back() {
    let full = |day: &str| -> Value { (0..250).map(|at| row(&format!("{day}-{at}"), day)).collect() };
    let api = Script::pages([json!([account("a1")]), full("2024-03-01"), full("2024-01-01"), balances()]);
    let accounts = teller(&api, &Asked::first()).unwrap();
    let recent = following(&api, &accounts).unwrap();
    assert_eq!(recent.changes.len(), 250);
    let older = following(&api, &recent).unwrap();
    assert_eq!(api.asked()[2], "GET accounts/a1/transactions?count=250&from_id=2024-03-01-249");
    // Only the balances: the first run begins on 30 January.
    assert_eq!(older.changes.len(), 1);
    assert!(matches!(older.next, Next::End { .. }));
}

#[test]
fn a_page_that_does_not_get_on_ends_its_account() {
    let same = |id: &str| -> Value { (0..250).map(|_| row(id, "2024-03-01")).collect() };
    let api = Script::pages([json!([account("a1")]), same("t1"), same("t1"), balances()]);
    let accounts = teller(&api, &Asked::first()).unwrap();
    let again = following(&api, &following(&api, &accounts).unwrap()).unwrap();
    assert!(matches!(again.next, Next::End { .. }));
}

#[test]
fn what_teller_answers_instead_says_what_there_is_to_do() {
    let fails =
        |status: u16, body: &str| teller(&Script::of([(status, body.to_owned())]), &Asked::first()).unwrap_err();
    let disconnected = r#"{"error":{"code":"enrollment.disconnected.user_action.mfa_required","message":"sign in"}}"#;
    for status in [403, 404, 410] {
        let error = fails(status, disconnected);
        assert!(matches!(&error, FetchError::ConsentNeeded { .. }), "{error:?}");
        assert!(error.to_string().ends_with("mfa_required: sign in"), "{error}");
    }
    assert!(matches!(fails(401, "{}"), FetchError::ConsentNeeded { .. }));
    assert!(matches!(fails(502, ""), FetchError::Later { .. }));
    assert!(matches!(fails(429, ""), FetchError::Later { .. }));
    for body in ["", "{}", "[", "null"] {
        assert!(matches!(fails(200, body), FetchError::NotUnderstood { .. }), "{body}");
    }
    let stale = teller(&Script::default(), &Asked { position: Some("a1"), ..Asked::first() }).unwrap_err();
    assert!(matches!(stale, FetchError::Restart { .. }));
    let connector = connector("teller", &[SECRET]);
    assert_eq!(obstacle(&*connector, &[("accessToken", "t")]), None);
    assert_eq!(obstacle(&*connector, &[]).unwrap(), "the connection was registered without the credential accessToken");
    let refused = teller(&Script::default(), &Asked { credentials: &[], ..Asked::first() }).unwrap_err();
    assert!(matches!(refused, FetchError::Refused { .. }));
}
