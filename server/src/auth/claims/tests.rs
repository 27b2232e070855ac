//! The identity in a token's claims.

use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_714_391_300;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn identity(claims: &str) -> Result<Identity, Refusal> {
    Expected::default().identity(claims.as_bytes(), at(NOW))
}

/// The user of a token with these claims, which is valid for another minute.
fn user_of(claims: &Value) -> Result<String, Refusal> {
    let mut claims = claims.clone();
    claims["exp"] = json!(NOW + 60);
    identity(&claims.to_string()).map(|identity| identity.user_id)
}

fn expecting(audiences: &[&str], issuers: &[&str]) -> Expected {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Expected { audiences: owned(audiences), issuers: owned(issuers) }
}

#[test]
fn the_user_is_the_first_of_three_claims_that_is_there() {
    for (claims, user) in [
        (json!({ "userId": "a", "id": "b", "sub": "c" }), "a"),
        (json!({ "id": 42, "sub": "c" }), "42"),
        (json!({ "sub": "c" }), "c"),
        (json!({ "userId": null, "sub": "c" }), "c"),
    ] {
        assert_eq!(user_of(&claims).as_deref(), Ok(user), "{claims}");
    }
}

#[test]
fn claims_that_are_not_used_have_no_type() {
    for beside in [
        json!({ "sub": {} }),
        json!({ "id": { "$oid": "65" } }),
        json!({ "sub": 1.5, "id": [null], "iat": "yesterday", "jti": 7, "iss": {}, "aud": 1, "roles": null }),
    ] {
        let mut claims = beside.clone();
        claims["userId"] = json!("a");
        assert_eq!(user_of(&claims).as_deref(), Ok("a"), "{beside}");
    }
}

#[test]
fn the_claim_that_decides_must_be_a_name_as_users_have_it_everywhere() {
    for odd in [
        json!(""),
        json!(" "),
        json!(" a"),
        json!("a\n"),
        json!("a\u{0}b"),
        json!("a\u{85}b"),
        json!("x".repeat(201)),
        json!(-1),
        json!(1.5),
        json!(true),
        json!(["a"]),
        json!({}),
    ] {
        // A valid `sub` does not replace an invalid `userId`.
        assert_eq!(user_of(&json!({ "userId": odd, "sub": "c" })), Err(Refusal::User), "{odd}");
        assert_eq!(user_of(&json!({ "sub": odd })), Err(Refusal::User), "{odd}");
    }
    assert_eq!(user_of(&json!({})), Err(Refusal::User));
    assert_eq!(user_of(&json!({ "sub": "x".repeat(200) })), Ok("x".repeat(200)));
}

#[test]
fn a_token_has_an_end_that_is_a_number() {
    for exp in
        ["\"9999999999\"", "null", "true", "[]", "{}", "-1", "-9999999999", "-1e300", "0", "1714391295", "1714391294.9"]
    {
        assert_eq!(identity(&format!("{{\"sub\":\"a\",\"exp\":{exp}}}")), Err(Refusal::Time), "{exp}");
    }
    assert_eq!(identity("{\"sub\":\"a\"}"), Err(Refusal::Time));
    // None of these is a JSON number in range.
    for exp in ["NaN", "Infinity", "1e400", "+1", "01", "0x7fffffff", ""] {
        assert!(identity(&format!("{{\"sub\":\"a\",\"exp\":{exp}}}")).is_err(), "{exp}");
    }
    for exp in ["1714391296", "1714391295.1", "9999999999", "1e300", "1.8e9"] {
        assert!(identity(&format!("{{\"sub\":\"a\",\"exp\":{exp}}}")).is_ok(), "{exp}");
    }
    let endless = identity("{\"sub\":\"a\",\"exp\":1e300}").expect("good");
    assert_eq!(endless.expires_at, Timestamp::MAX);
}

#[test]
fn a_token_for_later_is_not_taken_before() {
    let not_before = |nbf: Value| identity(&json!({ "sub": "a", "exp": NOW + 600, "nbf": nbf }).to_string());
    assert_eq!(not_before(json!(NOW + 6)), Err(Refusal::Time));
    assert_eq!(not_before(json!("1714391300")), Err(Refusal::Time));
    assert!(not_before(json!(NOW + 5)).is_ok() && not_before(json!(null)).is_ok());
}

#[test]
fn names_of_claims_are_unique() {
    for twice in [
        r#"{"sub":"a","exp":9999999999,"sub":"b"}"#,
        r#"{"sub":"a","exp":9999999999,"exp":9999999999}"#,
        r#"{"sub":"a","exp":9999999999,"\u0073ub":"b"}"#,
        r#"{"sub":"a","exp":9999999999,"other":1,"other":1}"#,
    ] {
        assert_eq!(identity(twice), Err(Refusal::Claims), "{twice}");
    }
    for other in ["", "a", "[]", "\u{feff}{}", r#"{"sub":"a"}.{"#] {
        assert_eq!(identity(other), Err(Refusal::Claims), "{other}");
    }
}

#[test]
fn a_token_is_for_one_of_the_audiences_that_are_configured() {
    let expected = expecting(&["feed", "https://feed.example/"], &[]);
    let taken = |aud: Value| {
        let claims = json!({ "sub": "a", "exp": NOW + 60, "aud": aud });
        expected.identity(claims.to_string().as_bytes(), at(NOW)).map(drop)
    };
    for aud in [json!("feed"), json!(["other", "feed"]), json!(["https://feed.example/"])] {
        assert_eq!(taken(aud.clone()), Ok(()), "{aud}");
    }
    for aud in [
        json!(null),
        json!(""),
        json!("other"),
        json!("Feed"),
        json!("feed "),
        json!("https://feed.example"),
        json!([]),
        json!(["other"]),
        json!([["feed"]]),
        json!(["feed", 7]),
        json!({ "feed": true }),
        json!(7),
    ] {
        assert_eq!(taken(aud.clone()), Err(Refusal::Audience), "{aud}");
    }
    let without = json!({ "sub": "a", "exp": NOW + 60 }).to_string();
    assert_eq!(expected.identity(without.as_bytes(), at(NOW)), Err(Refusal::Audience));
}

#[test]
fn a_token_is_from_one_of_the_issuers_that_are_configured() {
    let expected = expecting(&[], &["https://id.example/", "old"]);
    let taken = |iss: Value| {
        let claims = json!({ "sub": "a", "exp": NOW + 60, "iss": iss });
        expected.identity(claims.to_string().as_bytes(), at(NOW)).map(drop)
    };
    assert_eq!((taken(json!("https://id.example/")), taken(json!("old"))), (Ok(()), Ok(())));
    for iss in [
        json!(null),
        json!(""),
        json!("https://id.example"),
        json!("HTTPS://id.example/"),
        json!("https://id.example/evil"),
        json!(["old"]),
        json!(7),
    ] {
        assert_eq!(taken(iss.clone()), Err(Refusal::Issuer), "{iss}");
    }
}

#[test]
fn the_session_of_a_page_token_is_one() {
    let session = |session: Value| {
        identity(&json!({ "sub": "a", "exp": NOW + 60, "tallywire_session": session }).to_string())
            .map(|identity| identity.session)
    };
    assert_eq!(session(json!("07".repeat(32))), Ok(Some([7; 32])));
    for odd in [json!(""), json!("07"), json!("07".repeat(33)), json!("no hexadecimal"), json!(7)] {
        assert_eq!(session(odd.clone()), Err(Refusal::Session), "{odd}");
    }
}
