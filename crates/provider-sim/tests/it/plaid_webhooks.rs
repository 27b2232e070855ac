//! Plaid's webhooks: when each event is sent, signatures and keys, attempts.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::client::eventually;
use crate::plaid_client::Fixture;
use crate::receiver::{Delivery, Receiver};

async fn subscribed(answers: &[u16]) -> (Fixture, Receiver) {
    let (sim, receiver) = (Fixture::new().await, Receiver::start(answers).await);
    sim.plaid.webhooks().subscribe(&receiver.url, "");
    (sim, receiver)
}

fn json_part(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The claims of a delivery's token, once its signature is verified with the key that it names.
async fn verified(sim: &Fixture, delivery: &Delivery) -> (Value, Value) {
    let token = delivery.header("plaid-verification");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let header = json_part(header);
    assert_eq!(header["alg"], json!("ES256"));
    let key = sim.call("/webhook_verification_key/get", &json!({ "key_id": header["kid"] })).await.body["key"].clone();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    (json_part(claims), key)
}

fn codes(deliveries: &[Delivery]) -> Vec<String> {
    let mut codes: Vec<_> =
        deliveries.iter().map(|delivery| delivery.json()["webhook_code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

#[tokio::test]
async fn a_webhook_is_signed_over_its_exact_body_which_is_indented() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let delivery = receiver.wait_for(1).await.remove(0);
    let (claims, key) = verified(&sim, &delivery).await;
    let hash = digest(&SHA256, &delivery.body);
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(claims["request_body_sha256"], json!(hex));
    let start = crate::client::start().as_second();
    assert!((start..start + 60).contains(&claims["iat"].as_i64().unwrap()), "{claims}");
    assert_eq!(key["expired_at"], json!(null));
    assert!(delivery.body.starts_with(b"{\n  \""));
}

#[tokio::test]
async fn a_new_key_signs_after_a_rotation_and_the_old_one_has_expired() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let before = receiver.wait_for(1).await.remove(0);
    sim.plaid.rotate_key().unwrap();
    sim.purchase(-300, "STARBUCKS");
    sim.update();
    let after = receiver.wait_for(2).await.remove(1);
    let (old, new) = (verified(&sim, &before).await.1, verified(&sim, &after).await.1);
    assert_ne!(old["kid"], new["kid"]);
    assert_eq!((old["expired_at"].is_i64(), new["expired_at"].is_null()), (true, true));
}

#[tokio::test]
async fn sync_updates_are_told_only_after_the_first_sync_and_the_older_codes_always() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    assert_eq!(codes(&receiver.wait_for(1).await), ["DEFAULT_UPDATE"]);
    sim.sync("", 100).await;
    sim.purchase(-300, "STARBUCKS");
    sim.update();
    assert_eq!(codes(&receiver.wait_for(3).await), ["DEFAULT_UPDATE", "DEFAULT_UPDATE", "SYNC_UPDATES_AVAILABLE"]);
    assert_eq!(receiver.deliveries()[0].json()["item_id"], json!(sim.item.item_id));
    sim.update();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.deliveries().len(), 3);
}

#[tokio::test]
async fn trouble_with_an_item_is_told_with_its_error() {
    let (sim, receiver) = subscribed(&[]).await;
    sim.plaid.require_login(&sim.item.item_id).unwrap();
    let body = receiver.wait_for(1).await[0].json();
    assert_eq!((&body["webhook_type"], &body["webhook_code"]), (&json!("ITEM"), &json!("ERROR")));
    assert_eq!(body["error"]["error_code"], json!("ITEM_LOGIN_REQUIRED"));
    sim.plaid.repair(&sim.item.item_id).unwrap();
    assert_eq!(codes(&receiver.wait_for(2).await), ["ERROR", "LOGIN_REPAIRED"]);
}

#[tokio::test]
async fn another_2xx_than_200_is_a_failure_and_is_tried_again_after_30_seconds() {
    let (sim, receiver) = subscribed(&[202]).await;
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    eventually("an attempt", async || !sim.plaid.webhooks().attempts().is_empty()).await;
    sim.clock.advance(Duration::from_secs(29));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.deliveries().len(), 1);
    sim.clock.advance(Duration::from_secs(1));
    let deliveries = receiver.wait_for(2).await;
    assert_eq!(deliveries[0].body, deliveries[1].body);
}
