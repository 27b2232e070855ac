//! Basiq's consent page and the links to it.

use std::time::Duration;

use serde_json::json;

use crate::client::{Fixture, eventually};

/// Agrees on the consent page, and returns the address it redirects to.
async fn agree(sim: &Fixture, more: &str) -> String {
    let token =
        sim.token_call("CLIENT_ACCESS", Some(&sim.user)).await.body["access_token"].as_str().unwrap().to_owned();
    let response = sim
        .http
        .post(format!("{}/home", sim.basiq.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("token={token}{more}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn finish_job(sim: &Fixture, job: &str) -> serde_json::Value {
    sim.clock.advance(Duration::from_secs(2));
    let path = format!("/jobs/{job}");
    let last_step = async || sim.get(&path).await.body["steps"][2]["status"].clone();
    eventually("the job's end", async || last_step().await == "success").await;
    sim.get(&path).await.body
}

fn job_of(location: &str) -> &str {
    location.split_once("jobId=").unwrap().1.split('&').next().unwrap()
}

#[tokio::test]
async fn the_page_returns_with_the_job_and_the_state() {
    let sim = Fixture::new().await;
    let location = agree(&sim, "&state=a%26b&institutionId=AU00901").await;
    let job = job_of(&location).to_owned();
    assert!(location.starts_with("http://localhost:3003/api/connectors/basiq/callback?jobId="), "{location}");
    assert!(location.ends_with("&state=a%26b"), "{location}");
    let done = finish_job(&sim, &job).await;
    let connection = done["steps"][0]["result"]["url"].as_str().unwrap().to_owned();
    let connection = sim.get(&connection).await.body;
    assert_eq!((&connection["status"], &connection["institution"]["id"]), (&json!("active"), &json!("AU00901")));
    let id = connection["id"].as_str().unwrap();
    assert_eq!(sim.basiq.transactions(id).len(), 66);
}

#[tokio::test]
async fn consenting_again_keeps_the_connection_and_its_accounts() {
    let sim = Fixture::new().await;
    sim.basiq.invalidate(&sim.connection.id).unwrap();
    let location = agree(&sim, &format!("&action=reauthorise&connectionId={}", sim.connection.id)).await;
    finish_job(&sim, job_of(&location)).await;
    let path = format!("/users/{}/connections/{}", sim.user, sim.connection.id);
    let connection = sim.get(&path).await.body;
    assert_eq!(connection["status"], json!("active"));
    assert_eq!(connection["accounts"]["data"][0]["id"], json!(sim.connection.accounts[0]));
}

#[tokio::test]
async fn an_update_of_the_consent_deletes_every_connection() {
    let sim = Fixture::new().await;
    agree(&sim, "&action=update").await;
    let path = format!("/users/{}/connections/{}", sim.user, sim.connection.id);
    assert_eq!(sim.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_page_needs_a_token_that_is_bound_to_a_user() {
    let sim = Fixture::new().await;
    let page = sim.http.get(format!("{}/home?token={}", sim.basiq.url(), sim.token)).send().await.unwrap();
    assert_eq!(page.status(), 401);
}

#[tokio::test]
async fn only_the_newest_link_opens_the_page_and_only_once() {
    let sim = Fixture::new().await;
    let path = format!("/users/{}/auth_link", sim.user);
    let older = sim.post(&path, &json!({})).await.body["links"]["public"].as_str().unwrap().to_owned();
    let newest = sim.post(&path, &json!({})).await.body["links"]["public"].as_str().unwrap().to_owned();
    let open = async |url: &str| sim.http.get(url).send().await.unwrap();
    assert_eq!(open(&older).await.status(), 404);
    let opened = open(&newest).await;
    assert_eq!(opened.status(), 303);
    let home = format!("{}{}", sim.basiq.url(), opened.headers()["location"].to_str().unwrap());
    assert!(open(&home).await.text().await.unwrap().contains("Hooli"));
    assert_eq!(open(&newest).await.status(), 404);
}

#[tokio::test]
async fn a_person_who_cancels_returns_without_a_job() {
    let sim = Fixture::new().await;
    sim.basiq.return_to("http://localhost:3003/back");
    assert_eq!(agree(&sim, "&state=1&cancel=yes").await, "http://localhost:3003/back?state=1");
    assert_eq!(agree(&sim, "&cancel=yes").await, "http://localhost:3003/back");
}

#[tokio::test]
async fn a_job_that_fails_says_why_and_leaves_its_connection_invalid() {
    let sim = Fixture::new().await;
    sim.basiq.fail_next_consent();
    let location = agree(&sim, "&institutionId=AU00901").await;
    sim.clock.advance(Duration::from_secs(2));
    let path = format!("/jobs/{}", job_of(&location));
    let step = async || sim.get(&path).await.body["steps"][0].clone();
    eventually("the job's end", async || step().await["status"] == "failed").await;
    assert_eq!(step().await["result"]["code"], json!("invalid-credentials"));
    let source = sim.get(&path).await.body["links"]["source"].as_str().unwrap().to_owned();
    let connection = sim.get(source.strip_prefix("https://au-api.basiq.io").unwrap()).await.body;
    assert_eq!(connection["status"], json!("invalid"));
}

#[tokio::test]
async fn a_bank_has_a_name() {
    let sim = Fixture::new().await;
    let bank = sim.get("/connectors/AU00901/openbanking").await.body;
    assert_eq!(bank["institution"]["name"], json!("Harbour Bank"));
    assert_eq!(sim.get("/connectors/AU00901/web").await.status, 404);
}
