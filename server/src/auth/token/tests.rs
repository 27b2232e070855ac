//! Which keys are accepted.

use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

use super::*;
use crate::auth::signer::TokenSigner;
use crate::config::Secret;

const NOW: i64 = 1_714_391_300;
const SECRET: &str = "a secret of thirty-two bytes: so";
const OTHER: &str = "another one of thirty-two bytes:";

fn config(secrets: &[&str]) -> AuthConfig {
    AuthConfig {
        jwt_secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
        jwt_public_key: None,
        jwt_jwks_url: None,
        jwt_audiences: vec![],
        jwt_issuers: vec![],
        service_secrets: vec![],
        session_lifetime: Duration::from_secs(1),
        admins: vec![],
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// A token as the host application signs it, with another library.
fn token(algorithm: jsonwebtoken::Algorithm, secret: &str) -> String {
    let claims = json!({ "sub": "a", "exp": NOW + 60 });
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).expect("signed")
}

async fn verify(token: &str, secrets: &[&str], second: i64) -> Result<Identity, Error> {
    TokenVerifier::new(&config(secrets)).verify(token, at(second)).await
}

#[tokio::test]
async fn a_token_holds_until_five_seconds_after_its_end() {
    let token = token(jsonwebtoken::Algorithm::HS256, SECRET);
    assert!(verify(&token, &[SECRET], NOW + 64).await.is_ok());
    assert_eq!(verify(&token, &[SECRET], NOW + 65).await, Err(Error::Invalid));
}

#[tokio::test]
async fn both_secrets_hold_while_one_replaces_the_other() {
    let token = token(jsonwebtoken::Algorithm::HS256, OTHER);
    assert!(verify(&token, &[SECRET, OTHER], NOW).await.is_ok());
    assert_eq!(verify(&token, &[SECRET], NOW).await, Err(Error::Invalid));
}

#[tokio::test]
async fn other_digests_are_refused_though_the_secret_is_right() {
    for algorithm in [jsonwebtoken::Algorithm::HS384, jsonwebtoken::Algorithm::HS512] {
        assert_eq!(verify(&token(algorithm, SECRET), &[SECRET], NOW).await, Err(Error::Invalid), "{algorithm:?}");
    }
}

#[tokio::test]
async fn a_secret_of_31_bytes_signs_nothing() {
    let short = &SECRET[..31];
    let token = token(jsonwebtoken::Algorithm::HS256, short);
    assert_eq!(verify(&token, &[short], NOW).await, Err(Error::Invalid));
}

#[tokio::test]
async fn what_this_server_signs_is_for_the_audience_and_from_the_issuer_that_it_expects() {
    let mut config = config(&[SECRET]);
    config.jwt_audiences = vec!["feed".to_owned(), "other".to_owned()];
    config.jwt_issuers = vec!["https://id.example/".to_owned()];
    let verifier = TokenVerifier::new(&config);
    let signer = TokenSigner::new(&config).expect("a secret");
    let own = signer.sign("a", at(NOW), 60).expect("signed");
    assert_eq!(verifier.verify(&own, at(NOW)).await.map(|identity| identity.user_id).as_deref(), Ok("a"));
    let identity = Identity { user_id: "a".to_owned(), expires_at: at(NOW + 60), session: Some([7; 32]) };
    let page = signer.sign_for_page(&identity, at(NOW)).expect("signed");
    assert_eq!(verifier.verify(&page, at(NOW)).await, Ok(identity));
    let without = token(jsonwebtoken::Algorithm::HS256, SECRET);
    assert_eq!(verifier.verify(&without, at(NOW)).await, Err(Error::Invalid));
}
