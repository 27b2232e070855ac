//! Apideck's accounting API and Vault.

use std::time::Duration;

use axum::http::Method;
use provider_sim::apideck::{NewRecord, RecordKind, RecordStatus};
use provider_sim::bank::Cents;
use provider_sim::{Fault, Rule};
use serde_json::json;

use crate::apideck_client::{CONSUMER, Fixture, answer};

const MINUTE: Duration = Duration::from_secs(60);

fn expense(cents: i64) -> NewRecord {
    NewRecord::new(RecordKind::Expense, Cents(cents), "DigitalOcean", "Cloud hosting")
}

#[tokio::test]
async fn a_page_has_20_records_unless_told_and_200_at_most() {
    let sim = Fixture::new().await;
    for _ in 0..21 {
        sim.apideck.enter(&sim.connection, expense(100)).unwrap();
    }
    let first = sim.get("/accounting/expenses").await;
    assert_eq!((first.ids().len(), &first.body["meta"]["items_on_page"]), (20, &json!(20)));
    assert_eq!(sim.get("/accounting/expenses?limit=200").await.ids().len(), 21);
    assert_eq!(sim.get("/accounting/expenses?limit=201").await.status, 400);
}

#[tokio::test]
async fn cursors_lead_through_all_records_of_a_resource() {
    let sim = Fixture::new().await;
    sim.apideck.history(&sim.connection, 50, 60 * MINUTE).unwrap();
    let mut seen = Vec::new();
    for resource in ["expenses", "payments", "bill-payments"] {
        let mut path = format!("/accounting/{resource}?limit=7");
        loop {
            let page = sim.get(&path).await;
            assert_eq!(page.status, 200, "{page:?}");
            seen.extend(page.ids());
            let Some(next) = page.body["meta"]["cursors"]["next"].as_str() else { break };
            path = format!("/accounting/{resource}?limit=7&cursor={}", next.replace('=', "%3D"));
        }
    }
    let mut expected: Vec<_> =
        sim.apideck.records(&sim.connection).unwrap().into_iter().map(|record| record.id).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    let foreign = sim.get("/accounting/payments?cursor=bm8%3D").await;
    assert_eq!((foreign.status, &foreign.body["type_name"]), (400, &json!("InvalidCursorError")));
}

#[tokio::test]
async fn a_list_by_updated_since_has_what_was_changed_and_not_what_was_deleted() {
    let sim = Fixture::new().await;
    let records: Vec<_> = (0..3).map(|_| sim.apideck.enter(&sim.connection, expense(100)).unwrap()).collect();
    sim.clock.advance(MINUTE);
    sim.apideck.change(&sim.connection, &records[1].id, |record| record.cents = Cents(250)).unwrap();
    sim.apideck.delete(&sim.connection, &records[2].id).unwrap();
    let changed = sim.get("/accounting/expenses?filter[updated_since]=2026-03-02T10:00:30.000Z").await;
    assert_eq!(changed.ids(), [records[1].id.clone()]);
    assert_eq!(changed.body["data"][0]["row_version"], json!("2-2"));
    assert_eq!(sim.get("/accounting/expenses").await.ids().len(), 2);
    let gone = sim.get(&format!("/accounting/expenses/{}", records[2].id)).await;
    assert_eq!((gone.status, &gone.body["type_name"]), (404, &json!("EntityNotFoundError")));
    assert_eq!(
        sim.get("/accounting/expenses?filter[colour]=red").await.body["type_name"],
        json!("UnsupportedFiltersError")
    );
}

#[tokio::test]
async fn amounts_are_numbers_with_exactly_two_decimals() {
    let sim = Fixture::new().await;
    let record = sim.apideck.enter(&sim.connection, expense(27_550)).unwrap();
    let answer = sim.get(&format!("/accounting/expenses/{}", record.id)).await;
    assert!(answer.text.contains(r#""total_amount":275.50,"#), "{}", answer.text);
}

#[tokio::test]
async fn what_is_in_a_list_can_be_had_by_itself() {
    let sim = Fixture::new().await;
    sim.apideck.history(&sim.connection, 30, 60 * MINUTE).unwrap();
    for list in ["expenses", "payments", "bill-payments", "ledger-accounts"] {
        let id = sim.get(&format!("/accounting/{list}")).await.ids().remove(0);
        let itself = sim.get(&format!("/accounting/{list}/{id}")).await;
        assert_eq!((itself.status, &itself.body["data"]["id"]), (200, &json!(id)), "{list}");
    }
}

#[tokio::test]
async fn a_voided_record_stays_in_lists_and_no_longer_counts() {
    let sim = Fixture::new().await;
    let record = sim.apideck.enter(&sim.connection, expense(1_000)).unwrap();
    let balance = || sim.apideck.accounts(&sim.connection).unwrap()[0].1;
    assert_eq!(balance(), Cents(1_208_955));
    sim.apideck.void(&sim.connection, &record.id).unwrap();
    assert_eq!(balance(), Cents(1_209_955));
    assert_eq!(sim.apideck.records(&sim.connection).unwrap()[0].status, RecordStatus::Voided);
    assert_eq!(sim.get("/accounting/expenses").await.body["data"][0]["status"], json!("voided"));
    let account = sim.get("/accounting/ledger-accounts").await;
    assert!(account.text.contains(r#""current_balance":12099.55,"#), "{}", account.text);
}

#[tokio::test]
async fn keys_headers_and_services_are_checked() {
    let sim = Fixture::new().await;
    let url = format!("{}/accounting/expenses", sim.apideck.url());
    let wrong = answer(sim.http.get(&url).bearer_auth("wrong").send().await.unwrap()).await;
    assert_eq!((wrong.status, &wrong.body["type_name"]), (401, &json!("UnauthorizedError")));
    let unknown = sim.call(Method::GET, "/accounting/expenses", Some("sage"), "").await;
    assert_eq!((unknown.status, &unknown.body["type_name"]), (404, &json!("ConnectionNotFoundError")));
    assert_eq!(sim.call(Method::GET, "/accounting/expenses", None, "").await.status, 200);
    sim.apideck.connect(CONSUMER, "quickbooks").unwrap();
    let which = sim.call(Method::GET, "/accounting/expenses", None, "").await;
    assert_eq!((which.status, &which.body["type_name"]), (400, &json!("RequestHeadersValidationError")));
}

#[tokio::test]
async fn every_answer_tells_what_is_left_of_the_services_budget() {
    let sim = Fixture::with(|options| options.calls_a_minute = 2).await;
    let first = sim.get("/accounting/expenses").await;
    assert_eq!(first.header("x-downstream-ratelimit-limit"), Some("2"));
    assert_eq!(first.header("x-downstream-ratelimit-remaining"), Some("1"));
    sim.get("/accounting/payments").await;
    let refused = sim.get("/accounting/payments").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(refused.header("x-downstream-ratelimit-reset"), Some("1772445660"));
    assert_eq!(refused.body["type_name"], json!("ConnectorRateLimitError"));
    assert_eq!(sim.apideck.calls().get("GET /accounting/payments", &sim.connection).over_budget, 1);
    sim.clock.advance(MINUTE);
    assert_eq!(sim.get("/accounting/payments").await.status, 200);
}

#[tokio::test]
async fn too_many_requests_that_are_switched_on_have_the_same_headers() {
    let sim = Fixture::new().await;
    sim.apideck.faults().add(Rule::new(Fault::TooManyRequests { retry_after: Some(MINUTE) }).times(1));
    let refused = sim.get("/accounting/expenses").await;
    assert_eq!((refused.status, refused.header("x-downstream-ratelimit-remaining")), (429, Some("0")));
    assert_eq!(refused.header("retry-after"), Some("60"));
}

#[tokio::test]
async fn a_connection_that_has_to_be_authorised_again_is_not_called() {
    let sim = Fixture::new().await;
    sim.apideck.revoke(&sim.connection).unwrap();
    let refused = sim.get("/accounting/expenses").await;
    assert_eq!((refused.status, &refused.body["type_name"]), (401, &json!("ConnectorCredentialsError")));
    let connection = sim.get("/vault/connections/accounting/xero").await;
    assert_eq!((connection.status, &connection.body["data"]["state"]), (200, &json!("invalid")));
    sim.apideck.authorize(&sim.connection).unwrap();
    assert_eq!(sim.get("/accounting/expenses").await.status, 200);
}

#[tokio::test]
async fn vaults_page_connects_a_service_and_returns_to_the_application() {
    let sim = Fixture::new().await;
    let body = json!({ "redirect_uri": "http://localhost:3003/back?state=x" }).to_string();
    let session = sim.call(Method::POST, "/vault/sessions", None, &body).await;
    let page = session.body["data"]["session_uri"].as_str().unwrap().to_owned();
    assert!(sim.http.get(&page).send().await.unwrap().text().await.unwrap().contains("QuickBooks"));
    let choose = sim.http.post(&page).header("content-type", "application/x-www-form-urlencoded");
    let chosen = choose.body("service_id=quickbooks").send().await.unwrap();
    assert_eq!(chosen.headers()["location"], "http://localhost:3003/back?state=x");
    let list = sim.get("/vault/connections").await;
    let services: Vec<_> =
        list.body["data"].as_array().unwrap().iter().map(|row| row["service_id"].as_str().unwrap()).collect();
    assert_eq!(services, ["quickbooks", "xero"]);
    sim.clock.advance(60 * MINUTE);
    assert_eq!(sim.http.get(&page).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_deleted_connection_is_gone() {
    let sim = Fixture::new().await;
    let deleted = sim.call(Method::DELETE, "/vault/connections/accounting/xero", None, "").await;
    assert_eq!(deleted.status, 204);
    assert_eq!(sim.get("/accounting/expenses").await.status, 404);
    assert!(sim.apideck.records(&sim.connection).is_err());
}
