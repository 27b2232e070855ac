//! Tokens that the host application signs with keys of its own.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use server::config::Secret;

use crate::support::{KeyServer, SigningKey, TestApp, config};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

fn claims(app: &TestApp, user_id: &str) -> Value {
    json!({ "sub": user_id, "exp": app.now().as_second() + 60 })
}

/// The status of a read with a token, and over a socket the code of the refusal or the user.
async fn tried(app: &TestApp, token: &str) -> (u16, String) {
    let answer = app.request(reqwest::Method::GET, "/api/accounts").bearer_auth(token).send().await.unwrap();
    let mut socket = app.socket().await;
    socket.authenticate("alice", token).await;
    let (name, payload) = socket.event().await;
    let word = if name == "authenticated" { &payload["userId"] } else { &payload["code"] };
    (answer.status().as_u16(), word.as_str().unwrap().to_owned())
}

fn good() -> (u16, String) {
    (200, "alice".to_owned())
}

fn invalid() -> (u16, String) {
    (401, "INVALID_TOKEN".to_owned())
}

async fn with_public_key(key: &SigningKey) -> TestApp {
    let mut config = config();
    config.auth.jwt_public_key = Some(key.pem.clone());
    TestApp::with(config).await
}

async fn with_published_keys(keys: &KeyServer) -> TestApp {
    let mut config = config();
    config.auth.jwt_jwks_url = Some(Secret::new(keys.url.clone()));
    TestApp::with(config).await
}

#[tokio::test]
async fn each_kind_of_public_key_is_good_for_its_own_algorithm_and_no_other() {
    for algorithm in ALGORITHMS {
        let key = SigningKey::new(algorithm, "k1");
        let app = with_public_key(&key).await;
        let claims = claims(&app, "alice");
        assert_eq!(tried(&app, &key.sign(None, &claims)).await, good(), "{algorithm:?}");
        for other in ALGORITHMS {
            let forged = SigningKey::new(other, "k1").sign(None, &claims);
            assert_eq!(tried(&app, &forged).await, invalid(), "{other:?} for {algorithm:?}");
        }
        // What everybody can read is no secret.
        let secret = Secret::new(key.pem.as_str());
        let confused = server::auth::token::sign(&secret, "alice", app.now(), 60).unwrap();
        assert_eq!(tried(&app, &confused).await, invalid(), "{algorithm:?}");
    }
}

#[tokio::test]
async fn a_published_key_is_found_by_its_id_and_ids_that_nobody_published_cost_nothing() {
    let server = KeyServer::start().await;
    let (old, new) = (SigningKey::new(Algorithm::ES256, "2026-10"), SigningKey::new(Algorithm::EdDSA, "2026-11"));
    server.publish(&[&old]);
    let app = with_published_keys(&server).await;
    let claims = claims(&app, "alice");
    for _ in 0..5 {
        assert_eq!(tried(&app, &old.sign(Some("2026-10"), &claims)).await, good());
    }
    assert_eq!(server.fetches(), 1);
    // An id that nobody has published, any number of times, costs no fetch within half a minute of the last.
    for number in 0..20 {
        assert_eq!(tried(&app, &new.sign(Some(&format!("x{number}")), &claims)).await, invalid());
    }
    assert_eq!(server.fetches(), 1);
    assert_eq!(tried(&app, &old.sign(None, &claims)).await, invalid(), "it names no key");
    assert_eq!(tried(&app, &new.sign(Some("2026-10"), &claims)).await, invalid(), "it names another key");
}

#[tokio::test]
async fn keys_that_are_known_stay_good_while_the_address_does_not_answer() {
    let server = KeyServer::start().await;
    let key = SigningKey::new(Algorithm::RS256, "k1");
    let app = with_published_keys(&server).await;
    let token = key.sign(Some("k1"), &claims(&app, "alice"));
    assert_eq!(tried(&app, &token).await, (503, "AUTH_UNAVAILABLE".to_owned()), "no key has been seen yet");
    server.publish(&[&key]);
    let app = with_published_keys(&server).await;
    assert_eq!(tried(&app, &token).await, good());
    server.break_down();
    assert_eq!(tried(&app, &token).await, good());
    let unknown = key.sign(Some("k2"), &claims(&app, "alice"));
    assert_eq!(tried(&app, &unknown).await, invalid());
}

#[tokio::test]
async fn a_key_that_is_published_for_another_use_signs_nothing() {
    let server = KeyServer::start().await;
    let mut key = SigningKey::new(Algorithm::RS256, "k1");
    key.jwk["alg"] = json!("RS512");
    server.publish(&[&key]);
    let app = with_published_keys(&server).await;
    assert_eq!(tried(&app, &key.sign(Some("k1"), &claims(&app, "alice"))).await, invalid());
}
