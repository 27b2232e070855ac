//! Tokens that the host application signs with its own keys.

use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use server::auth::signer::TokenSigner;
use server::config::Secret;

use crate::support::{KeyServer, SigningKey, TestApp, config};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

fn claims(app: &TestApp, user_id: &str) -> Value {
    json!({ "sub": user_id, "exp": app.now().as_second() + 60 })
}

/// The status of a read with a token; over a socket, the code of the refusal or the user.
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
        // A published key is not a secret.
        for readable in [key.pem.as_str(), key.pem.trim(), &key.jwk.to_string()] {
            let mut settings = config().auth;
            settings.jwt_secrets = vec![Secret::new(readable)];
            let confused = TokenSigner::new(&settings).unwrap().sign("alice", app.now(), 60).unwrap();
            assert_eq!(tried(&app, &confused).await, invalid(), "{algorithm:?}");
        }
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
    // Any number of tokens with an unpublished key id cause no fetch within half a minute of the last.
    for number in 0..20 {
        assert_eq!(tried(&app, &new.sign(Some(&format!("x{number}")), &claims)).await, invalid());
    }
    assert_eq!(server.fetches(), 1);
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

#[tokio::test]
async fn a_token_that_names_no_key_is_good_where_one_published_key_fits_its_algorithm() {
    let server = KeyServer::start().await;
    let keys = ALGORITHMS.map(|algorithm| SigningKey::new(algorithm, "k1"));
    server.publish(&keys.iter().collect::<Vec<_>>());
    let app = with_published_keys(&server).await;
    let claims = claims(&app, "alice");
    for key in &keys {
        assert_eq!(tried(&app, &key.sign(None, &claims)).await, good(), "{:?}", key.algorithm);
        // All have the same id, and are still distinguished.
        assert_eq!(tried(&app, &key.sign(Some("k1"), &claims)).await, good(), "{:?}", key.algorithm);
        let forged = SigningKey::new(key.algorithm, "k1").sign(None, &claims);
        assert_eq!(tried(&app, &forged).await, invalid(), "{:?}", key.algorithm);
    }
    let second = SigningKey::new(Algorithm::ES256, "k2");
    server.publish(&[&keys[1], &second]);
    let app = with_published_keys(&server).await;
    assert_eq!(tried(&app, &second.sign(None, &claims)).await, invalid(), "which of the two is not guessed");
    assert_eq!(tried(&app, &second.sign(Some("k2"), &claims)).await, good());
}

#[tokio::test]
async fn one_malformed_entry_or_a_byte_order_mark_in_a_key_set_keeps_nobody_out() {
    let server = KeyServer::start().await;
    let key = SigningKey::new(Algorithm::RS256, "k1");
    let with = |name: &str, value: Value| {
        let mut jwk = SigningKey::new(Algorithm::RS256, "k2").jwk;
        jwk[name] = value;
        jwk
    };
    for bad in [json!(null), with("kid", json!(7)), with("x5c", json!("text")), with("n", json!([]))] {
        server.publish_entries(&[bad.clone(), key.jwk.clone()]);
        let app = with_published_keys(&server).await;
        assert_eq!(tried(&app, &key.sign(Some("k1"), &claims(&app, "alice"))).await, good(), "{bad}");
    }
    server.publish_text(format!("\u{feff}{}", json!({ "keys": [key.jwk] })));
    let app = with_published_keys(&server).await;
    assert_eq!(tried(&app, &key.sign(Some("k1"), &claims(&app, "alice"))).await, good());
}

#[tokio::test]
async fn a_header_that_brings_or_names_a_key_changes_nothing() {
    let (server, own) = (KeyServer::start().await, KeyServer::start().await);
    let (key, forger) = (SigningKey::new(Algorithm::ES256, "k1"), SigningKey::new(Algorithm::ES256, "k1"));
    server.publish(&[&key]);
    own.publish(&[&forger]);
    let app = with_published_keys(&server).await;
    let header = Header {
        kid: Some("k1".to_owned()),
        jwk: Some(serde_json::from_value(forger.jwk.clone()).unwrap()),
        jku: Some(own.url.clone()),
        x5u: Some(own.url.clone()),
        x5c: Some(vec!["AAAA".to_owned()]),
        ..Header::new(Algorithm::ES256)
    };
    let claims = claims(&app, "alice");
    assert_eq!(tried(&app, &forger.sign_under(&header, &claims)).await, invalid());
    assert_eq!(tried(&app, &key.sign_under(&header, &claims)).await, good());
    assert_eq!(own.fetches(), 0, "an address in a token is not asked");
}

#[tokio::test]
async fn a_token_with_critical_extensions_is_refused() {
    let key = SigningKey::new(Algorithm::EdDSA, "k1");
    let app = with_public_key(&key).await;
    let header = Header { crit: Some(vec!["x".to_owned()]), ..Header::new(Algorithm::EdDSA) };
    assert_eq!(tried(&app, &key.sign_under(&header, &claims(&app, "alice"))).await, invalid());
}

#[tokio::test]
async fn a_token_for_another_application_of_the_same_issuer_signs_nobody_in() {
    let server = KeyServer::start().await;
    let key = SigningKey::new(Algorithm::ES256, "k1");
    server.publish(&[&key]);
    let mut config = config();
    config.auth.jwt_jwks_url = Some(Secret::new(server.url.clone()));
    config.auth.jwt_audiences = vec!["feed".to_owned()];
    config.auth.jwt_issuers = vec!["https://id.example/".to_owned()];
    let app = TestApp::with(config).await;
    let token = |aud: Value, iss: &str| {
        let claims = json!({ "sub": "alice", "exp": app.now().as_second() + 60, "aud": aud, "iss": iss });
        key.sign(Some("k1"), &claims)
    };
    assert_eq!(tried(&app, &token(json!(["wiki", "feed"]), "https://id.example/")).await, good());
    assert_eq!(tried(&app, &token(json!("wiki"), "https://id.example/")).await, invalid());
    assert_eq!(tried(&app, &token(json!("feed"), "https://other.example/")).await, invalid());
    assert_eq!(tried(&app, &key.sign(Some("k1"), &claims(&app, "alice"))).await, invalid(), "it says neither");
}

#[tokio::test]
async fn claims_beside_the_users_may_be_anything_and_the_users_is_a_name() {
    let key = SigningKey::new(Algorithm::EdDSA, "k1");
    let app = with_public_key(&key).await;
    let exp = app.now().as_second() + 60;
    for beside in [json!({ "sub": {} }), json!({ "id": { "$oid": "65" } })] {
        let mut claims = beside.clone();
        (claims["userId"], claims["exp"]) = (json!("alice"), json!(exp));
        assert_eq!(tried(&app, &key.sign(None, &claims)).await, good(), "{beside}");
    }
    for odd in ["al\0ice", "alice\n", " alice", &"x".repeat(201)] {
        let answer = tried(&app, &key.sign(None, &json!({ "userId": odd, "exp": exp }))).await;
        assert_eq!(answer, invalid(), "{odd:?}");
    }
}
