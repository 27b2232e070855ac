//! Basiq's API: tokens, errors, lists and pages.

use std::time::Duration;

use axum::http::Method;
use provider_sim::bank::{Cents, Posting, Purchase};
use serde_json::json;

use crate::client::Fixture;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_token_is_given_for_the_api_key_and_the_version() {
    let sim = Fixture::new().await;
    let url = format!("{}/token", sim.basiq.url());
    let form = |request: reqwest::RequestBuilder| {
        request.header("content-type", "application/x-www-form-urlencoded").body("scope=SERVER_ACCESS")
    };
    let with = |key: &str| sim.http.post(&url).header("authorization", format!("Basic {key}"));
    let wrong_key = form(with("wrong").header("basiq-version", "3.0")).send().await.unwrap();
    assert_eq!(wrong_key.status(), 404);
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sim.basiq.api_key());
    assert_eq!(form(with(&encoded).header("basiq-version", "3.0")).send().await.unwrap().status(), 400);
    let no_version = form(with(sim.basiq.api_key())).send().await.unwrap();
    assert_eq!(no_version.status(), 400);
    let answer = sim.token_call("SERVER_ACCESS", None).await;
    assert_eq!((answer.status, &answer.body["expires_in"]), (200, &json!(3600)));
}

#[tokio::test]
async fn an_expired_token_is_forbidden_and_an_unknown_one_unauthorized() {
    let mut sim = Fixture::new().await;
    let path = format!("/users/{}/connections", sim.user);
    assert_eq!(sim.get(&path).await.status, 200);
    sim.clock.advance(3_600 * SECOND);
    let expired = sim.get(&path).await;
    assert_eq!((expired.status, &expired.body["data"][0]["detail"]), (403, &json!("Token has expired")));
    sim.token = "never-given-out".to_owned();
    assert_eq!(sim.get(&path).await.status, 401);
    sim.renew_token().await;
    assert_eq!(sim.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_token_for_the_consent_page_opens_no_data() {
    let mut sim = Fixture::new().await;
    let answer = sim.token_call("CLIENT_ACCESS", Some(&sim.user)).await;
    sim.token = answer.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(sim.get(&format!("/users/{}/accounts", sim.user)).await.status, 403);
}

#[tokio::test]
async fn more_tokens_than_the_budget_are_refused_until_the_window_has_passed() {
    let sim = Fixture::with(|options| options.tokens_in_5_minutes = 3).await;
    for expected in [200, 200, 403] {
        assert_eq!(sim.token_call("SERVER_ACCESS", None).await.status, expected);
    }
    assert_eq!(sim.basiq.calls().over_budget(), 1);
    sim.clock.advance(300 * SECOND);
    assert_eq!(sim.token_call("SERVER_ACCESS", None).await.status, 200);
}

#[tokio::test]
async fn pages_are_asked_for_by_a_token_that_carries_the_filter() {
    let sim = Fixture::new().await;
    let other = sim.basiq.connect(&sim.user, vec![crate::client::everyday()]).unwrap();
    for (connection, count) in [(&sim.connection, 7), (&other, 5)] {
        let account = &connection.accounts[0];
        sim.basiq.bank(|bank, now| bank.history(account, count, 86_400 * SECOND, now)).unwrap();
        sim.basiq.refresh(&connection.id).unwrap();
    }
    let ids = sim.all_ids(3).await;
    let expected: Vec<_> = sim.basiq.transactions(&sim.connection.id).into_iter().map(|row| row.id).collect();
    assert_eq!(ids, expected);
    assert_eq!(sim.basiq.calls().get("GET /users/{userId}/transactions", &sim.connection.id).calls, 3);
}

#[tokio::test]
async fn limits_next_tokens_and_filters_that_are_not_taken_are_refused() {
    let sim = Fixture::new().await;
    let path = format!("/users/{}/transactions", sim.user);
    for (query, detail) in [
        ("limit=501", "Maximum limit allowed is 500"),
        ("limit=0", "Limit value is not valid"),
        ("next=bf1ec9d4", "Next value is not valid"),
        ("filter=user.id.eq(%27x%27)", "The provided filter parameter is in invalid format or unsupported"),
    ] {
        let answer = sim.get(&format!("{path}?{query}")).await;
        assert_eq!((answer.status, &answer.body["data"][0]["detail"]), (400, &json!(detail)), "{query}");
    }
    let unknown = sim.get("/users/nobody/transactions").await;
    assert_eq!((unknown.status, &unknown.body["data"][0]["code"]), (404, &json!("resource-not-found")));
}

#[tokio::test]
async fn a_filter_by_post_date_hides_what_is_pending() {
    let sim = Fixture::new().await;
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| {
        let posted = bank.purchase(account, Purchase::new(Cents(-450), "SINGLE O", now)).unwrap();
        bank.post(posted, Posting::unchanged(now)).unwrap();
        bank.purchase(account, Purchase::new(Cents(-1_299), "COLES 0423", now)).unwrap();
    });
    sim.basiq.refresh(&sim.connection.id).unwrap();
    let texts = async |conditions: &str| {
        let body = sim.get(&sim.transactions_path(conditions)).await.body;
        body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["description"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts("").await, ["COLES 0423", "SINGLE O"]);
    assert_eq!(texts(",transaction.postDate.gteq(%272026-01-01%27)").await, ["SINGLE O"]);
    assert_eq!(texts(",transaction.postDate.bt(%272026-01-01%27,%272026-02-01%27)").await, [""; 0]);
    assert_eq!(texts(",transaction.status.eq(%27pending%27)").await, ["COLES 0423"]);
}

#[tokio::test]
async fn amounts_are_decimal_texts_and_a_pending_row_has_no_post_date() {
    let sim = Fixture::new().await;
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(-5), "SINGLE O", now))).unwrap();
    sim.basiq.refresh(&sim.connection.id).unwrap();
    let row = &sim.get(&sim.transactions_path("")).await.body["data"][0];
    assert_eq!(row["amount"], json!("-0.05"));
    assert_eq!(
        (&row["status"], &row["postDate"], &row["direction"]),
        (&json!("pending"), &json!(null), &json!("debit"))
    );
    assert_eq!(row["transactionDate"], json!("2026-03-02T00:00:00Z"));
}

#[tokio::test]
async fn a_balance_leaves_out_what_is_pending_and_what_is_available_does_not() {
    let sim = Fixture::new().await;
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.purchase(account, Purchase::new(Cents(-2_550), "BP ULTIMO", now))).unwrap();
    sim.basiq.refresh(&sim.connection.id).unwrap();
    let path = format!("/users/{}/accounts?filter=connection.id.eq(%27{}%27)", sim.user, sim.connection.id);
    let answer = sim.get(&path).await;
    let account = &answer.body["data"][0];
    assert_eq!((&account["balance"], &account["availableFunds"]), (&json!("1000.00"), &json!("974.50")));
}

#[tokio::test]
async fn a_user_needs_an_address_and_is_gone_after_deletion() {
    let sim = Fixture::new().await;
    assert_eq!(sim.post("/users", &json!({ "firstName": "Gavin" })).await.status, 400);
    let made = sim.post("/users", &json!({ "email": "gavin@hooli.com", "mobile": "+61410888999" })).await;
    assert_eq!(made.status, 201);
    let path = format!("/users/{}", made.body["id"].as_str().unwrap());
    assert_eq!(sim.get(&path).await.body["connections"]["count"], json!(0));
    assert_eq!(sim.call(Method::DELETE, &path, String::new()).await.status, 204);
    assert_eq!(sim.get(&path).await.status, 404);
}

#[tokio::test]
async fn what_is_in_a_list_can_be_had_by_itself() {
    let sim = Fixture::new().await;
    let account = &sim.connection.accounts[0];
    sim.basiq.bank(|bank, now| bank.history(account, 3, 86_400 * SECOND, now)).unwrap();
    sim.basiq.refresh(&sim.connection.id).unwrap();
    sim.post(&format!("/users/{}/connections/refresh", sim.user), &json!({})).await;
    for list in ["accounts", "connections", "transactions", "jobs"] {
        let found = sim.get(&format!("/users/{}/{list}", sim.user)).await.body["data"][0].clone();
        let of = if list == "jobs" { String::new() } else { format!("/users/{}", sim.user) };
        let itself = sim.get(&format!("{of}/{list}/{}", found["id"].as_str().unwrap())).await;
        assert_eq!((itself.status, &itself.body["id"], &itself.body["type"]), (200, &found["id"], &found["type"]));
        let other = sim.get(&format!("{of}/{list}/b-1")).await;
        assert_eq!(other.status, 404, "{list}");
    }
    assert_eq!(sim.get("/events/types").await.body["count"], json!(15));
}

#[tokio::test]
async fn a_deleted_connection_is_gone_with_its_accounts() {
    let sim = Fixture::new().await;
    let path = format!("/users/{}/connections/{}", sim.user, sim.connection.id);
    assert_eq!(sim.call(Method::DELETE, &path, String::new()).await.status, 204);
    assert_eq!(sim.get(&path).await.status, 404);
    assert_eq!(sim.get(&format!("/users/{}/accounts", sim.user)).await.body["data"], json!([]));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_and_payments() {
    let rows = async || {
        let sim = Fixture::new().await;
        let account = &sim.connection.accounts[0];
        sim.basiq.bank(|bank, now| bank.history(account, 20, 86_400 * SECOND, now)).unwrap();
        sim.basiq.refresh(&sim.connection.id).unwrap();
        sim.basiq.transactions(&sim.connection.id)
    };
    let (once, again) = (rows().await, rows().await);
    assert_eq!(once, again);
    assert_eq!(once.len(), 20);
}
