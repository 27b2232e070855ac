//! Fetching from GoCardless, with an API that answers from a list.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::api::{Asked, Script, obstacle, page};
use common::shown::shown_change;
use common::{SECRET, connector};
use connectors::fetch::{Absence, FetchError, Next, Page};
use connectors::{Registry, Wanted};
use serde_json::{Value, json};

fn gocardless(api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    page(&*connector("gocardless", &[SECRET]), api, asked)
}

fn payment(id: &str, status: &str) -> Value {
    json!({
        "id": id, "amount": 1050, "amount_refunded": 0, "charge_date": "2024-04-27", "created_at": "2024-04-20T12:00:00.000Z",
        "currency": "EUR", "description": "Studio rent", "reference": "WINEBOX001", "status": status,
        "links": { "creditor": "CR123", "mandate": "MD123" }, "metadata": {},
    })
}

fn list(payments: &[Value], after: Option<&str>) -> Value {
    json!({ "payments": payments, "meta": { "cursors": { "before": null, "after": after }, "limit": 500 } })
}

fn wanted(id: &str) -> Asked<'static> {
    Asked { wanted: Wanted::Record { kind: "payment".to_owned(), id: id.to_owned() }, ..Asked::first() }
}

#[test]
fn a_payment_is_asked_for_by_its_id_and_brings_the_amount() {
    let api = Script::pages([json!({ "payments": payment("PM123", "confirmed") })]);
    let told = gocardless(&api, &Asked { cursor: Some("2024-03-01"), ..wanted("PM123") }).unwrap();
    let expected = json!({
        "transaction": "PM123", "accountId": "CR123", "amount": "10.50", "currency": "EUR", "date": "2024-04-27T00:00:00Z",
        "datePrecision": "day", "primaryType": "income", "secondaryType": "payment", "description": "Studio rent",
        "reference": "WINEBOX001", "status": "posted",
    });
    assert_eq!(shown_change(&told.changes[0]), expected);
    let end = Next::End { cursor: Some("2024-03-01".to_owned()), absence: Absence::MeansNothing };
    assert_eq!(told.next, end, "the next run begins where it would have");
    assert_eq!(api.asked(), ["GET payments/PM123"]);
    assert_eq!(api.header(0, "authorization").unwrap(), "Bearer token-of-the-connection");
    assert_eq!(api.header(0, "gocardless-version").unwrap(), "2015-07-06");
}

#[test]
fn a_status_says_whether_a_payment_is_pending_posted_or_gone() {
    for (status, outcome) in [
        ("pending_customer_approval", "pending"),
        ("pending_submission", "pending"),
        ("submitted", "pending"),
        ("confirmed", "posted"),
        ("paid_out", "posted"),
        ("cancelled", "deleted"),
        ("customer_approval_denied", "deleted"),
        ("failed", "deleted"),
        ("charged_back", "deleted"),
        ("lost_at_sea", "rejected"),
    ] {
        let api = Script::pages([json!({ "payments": payment("PM1", status) })]);
        let told = gocardless(&api, &wanted("PM1")).unwrap();
        let shown = told.changes.first().map(shown_change);
        let found = match &shown {
            Some(change) => change["status"].as_str().unwrap_or("deleted"),
            None => "rejected",
        };
        assert_eq!(found, outcome, "{status}: {shown:?}");
    }
}

#[test]
fn payments_are_listed_to_the_end_from_thirty_days_before_the_last_run() {
    let api = Script::pages([
        list(&[payment("PM1", "confirmed"), json!({ "id": "PM2", "status": "confirmed" })], Some("PM2")),
        list(&[payment("PM3", "submitted")], None),
    ]);
    let first = gocardless(&api, &Asked::first()).unwrap();
    assert_eq!((first.changes.len(), first.rejected.len()), (1, 1), "one that is not understood holds up no other");
    assert_eq!(first.rejected[0].item, "PM2");
    let Next::Page { position } = &first.next else { panic!("{:?}", first.next) };
    let last = gocardless(&api, &Asked { position: Some(position), ..Asked::first() }).unwrap();
    let end = Next::End { cursor: Some("2024-03-30".to_owned()), absence: Absence::MeansNothing };
    assert_eq!(last.next, end);
    assert_eq!(
        api.asked(),
        [
            "GET payments?limit=500&created_at[gte]=2024-01-29T00:00:00Z",
            "GET payments?limit=500&created_at[gte]=2024-01-29T00:00:00Z&after=PM2",
        ]
    );
    // A page that does not advance is the last one.
    let api = Script::pages([list(&[], Some("PM2"))]);
    let stuck = gocardless(&api, &Asked { position: Some("PM2"), ..Asked::first() }).unwrap();
    assert!(matches!(stuck.next, Next::End { .. }));
}

#[test]
fn a_payment_that_is_not_found_says_nothing_of_the_connection() {
    let not_found = (404, r#"{"error":{"type":"invalid_api_usage","code":404}}"#.to_owned());
    let api = Script::of([not_found, (200, list(&[payment("PM1", "confirmed")], None).to_string())]);
    let told = gocardless(&api, &wanted("PM9")).unwrap();
    assert_eq!(told.changes.len(), 1);
    assert_eq!(api.asked().len(), 2);
}

#[test]
fn a_payments_day_is_that_of_its_collection_and_before_that_of_its_creation() {
    let mut created = payment("PM1", "pending_submission");
    created["charge_date"] = Value::Null;
    let api = Script::pages([list(&[created, payment("PM2", "submitted")], None)]);
    let told = gocardless(&api, &Asked::first()).unwrap();
    let dates: Vec<Value> = told.changes.iter().map(|change| shown_change(change)["date"].clone()).collect();
    assert_eq!(dates, [json!("2024-04-20T12:00:00Z"), json!("2024-04-27T00:00:00Z")]);
}

#[test]
fn what_gocardless_answers_instead_says_what_there_is_to_do() {
    let fails =
        |status: u16, body: &str| gocardless(&Script::of([(status, body.to_owned())]), &Asked::first()).unwrap_err();
    assert!(matches!(fails(401, "{}"), FetchError::ConsentNeeded { .. }), "the connection's own token");
    assert!(matches!(fails(429, "{}"), FetchError::Later { .. }));
    assert!(matches!(fails(500, "{}"), FetchError::Later { .. }));
    for body in ["", "{}", "[", "null", r#"{"payments":{}}"#] {
        assert!(matches!(fails(200, body), FetchError::NotUnderstood { .. }), "{body}");
    }
}

#[test]
fn the_own_organisation_is_asked_with_the_token_of_the_settings() {
    let settings = common::settings(&[SECRET]).with("GOCARDLESS_ACCESS_TOKEN", ["own-token"]);
    let own = Registry::new(&settings).get("gocardless").unwrap().clone();
    assert_eq!(obstacle(&*own, &[]), None);
    let api = Script::of([(401, String::new())]);
    let error = page(&*own, &api, &Asked { credentials: &[], ..Asked::first() }).unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }), "{error:?}");
    assert_eq!(api.header(0, "authorization").unwrap(), "Bearer own-token");
    let none = Registry::new(&connectors::Settings::default()).get("gocardless").unwrap().clone();
    let obstacle = obstacle(&*none, &[]).unwrap();
    assert!(obstacle.contains("GOCARDLESS_ACCESS_TOKEN") && obstacle.contains("accessToken"), "{obstacle}");
}
