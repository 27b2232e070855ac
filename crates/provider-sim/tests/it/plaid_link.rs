//! Connecting a bank with Plaid's Link.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::eventually;
use crate::plaid_client::Fixture;

fn link(more: &Value) -> Value {
    let mut body = json!({
        "client_name": "Tallywire",
        "language": "en",
        "country_codes": ["US"],
        "user": { "client_user_id": "user-1" },
        "products": ["transactions"],
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn link_token(sim: &Fixture, more: &Value) -> String {
    let answer = sim.call("/link/token/create", &link(more)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["link_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_completed_link_gives_a_public_token_that_is_exchanged_once() {
    let sim = Fixture::new().await;
    let token = link_token(&sim, &json!({})).await;
    let public_token = json!({ "public_token": sim.plaid.complete_link(&token).unwrap() });
    let exchanged = sim.call("/item/public_token/exchange", &public_token).await.body;
    let item = sim.call("/item/get", &json!({ "access_token": exchanged["access_token"] })).await.body;
    assert_eq!(item["item"]["item_id"], exchanged["item_id"]);
    let again = sim.call("/item/public_token/exchange", &public_token).await;
    assert_eq!((again.status, &again.body["error_code"]), (400, &json!("INVALID_PUBLIC_TOKEN")));
    assert!(sim.plaid.complete_link(&token).is_err());
}

#[tokio::test]
async fn a_public_token_is_good_for_half_an_hour() {
    let sim = Fixture::new().await;
    let token = link_token(&sim, &json!({})).await;
    let public_token = sim.plaid.complete_link(&token).unwrap();
    sim.clock.advance(Duration::from_secs(1_800));
    let late = sim.call("/item/public_token/exchange", &json!({ "public_token": public_token })).await;
    assert_eq!(late.status, 400);
}

#[tokio::test]
async fn a_new_item_has_transactions_after_its_update() {
    let sim = Fixture::new().await;
    let token = link_token(&sim, &json!({ "webhook": "http://127.0.0.1:9/plaid" })).await;
    let public_token = sim.plaid.complete_link(&token).unwrap();
    assert_eq!(sim.plaid.webhooks().url().as_deref(), Some("http://127.0.0.1:9/plaid"));
    let exchanged = sim.call("/item/public_token/exchange", &json!({ "public_token": public_token })).await.body;
    let item = exchanged["item_id"].as_str().unwrap();
    assert!(sim.plaid.transactions(item).is_empty());
    sim.clock.advance(Duration::from_secs(2));
    eventually("the update", async || sim.plaid.transactions(item).len() == 66).await;
}

#[tokio::test]
async fn a_link_in_update_mode_repairs_the_item() {
    let sim = Fixture::new().await;
    sim.plaid.require_login(&sim.item.item_id).unwrap();
    let token = link_token(&sim, &json!({ "access_token": sim.item.access_token, "products": null })).await;
    sim.plaid.complete_link(&token).unwrap();
    assert_eq!(sim.sync("", 100).await.status, 200);
}

#[tokio::test]
async fn a_removed_item_has_no_access_token() {
    let sim = Fixture::new().await;
    assert_eq!(sim.call("/item/remove", &json!({})).await.status, 200);
    assert_eq!(sim.sync("", 100).await.body["error_code"], json!("INVALID_ACCESS_TOKEN"));
}

#[tokio::test]
async fn the_sandbox_makes_an_item_without_link() {
    let sim = Fixture::new().await;
    let (client_id, secret) = sim.plaid.client();
    let body = json!({
        "client_id": client_id,
        "secret": secret,
        "institution_id": "ins_109508",
        "initial_products": ["transactions"],
    });
    let made = sim.post("/sandbox/public_token/create", &body).await;
    let exchanged =
        sim.call("/item/public_token/exchange", &json!({ "public_token": made.body["public_token"] })).await;
    assert_eq!(exchanged.status, 200, "{exchanged:?}");
}

/// Presses a button on the page of Hosted Link, and returns the address it redirects to.
async fn press(sim: &Fixture, page: &str, button: &str) -> String {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    assert!(http.get(page).send().await.unwrap().text().await.unwrap().contains("First Platypus Bank"));
    let request = http.post(page).header("content-type", "application/x-www-form-urlencoded");
    let sent = request.body(format!("{button}=yes")).send().await.unwrap();
    assert_eq!(sent.status(), 303, "{}", sim.plaid.url());
    sent.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn hosted_link_returns_to_the_application_and_the_link_token_tells_what_came_of_it() {
    let sim = Fixture::new().await;
    for (button, added) in [("institution", 1), ("leave", 0)] {
        let hosted = json!({ "hosted_link": { "completion_redirect_uri": "http://localhost:3003/back?state=1" } });
        let made = sim.call("/link/token/create", &link(&hosted)).await.body;
        let token = json!({ "link_token": made["link_token"] });
        assert_eq!(sim.call("/link/token/get", &token).await.body["link_sessions"], json!([]));
        let back = press(&sim, made["hosted_link_url"].as_str().unwrap(), button).await;
        assert_eq!(back, "http://localhost:3003/back?state=1");
        let session = sim.call("/link/token/get", &token).await.body["link_sessions"][0].clone();
        assert!(session["finished_at"].is_string(), "{session}");
        assert_eq!(session["exit"].is_object(), added == 0, "{session}");
        let items = session["results"]["item_add_results"].as_array().unwrap();
        assert_eq!(items.len(), added, "{session}");
        for item in items {
            let exchanged =
                sim.call("/item/public_token/exchange", &json!({ "public_token": item["public_token"] })).await;
            assert_eq!(exchanged.status, 200, "{exchanged:?}");
        }
    }
}
