//! The host application's tokens.
//!
//! Owns signing them without the verifier, and deciding independently whether one is valid and whose. An input that
//! begins like a token is used as one, signed by nobody; any other gives the parts of tokens.

#![no_main]

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fuzz::claims::Claims;
use fuzz::webhook::mac;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use server::auth::token::TokenVerifier;
use server::auth::{Error, Identity};
use server::config::{self, Source};

/// Made for this test, as is the key below: nothing else is signed with either.
const SECRET: &str = "fuzzing is all that this secret is for";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEADxNcBknZKQcmWLj0FevHaNtkIdrVMrJYLCzjWBpgB3I=
-----END PUBLIC KEY-----
";
const NOW: i64 = 1_714_391_300;

static VERIFIER: LazyLock<TokenVerifier> = LazyLock::new(|| {
    let settings =
        [("JWT_SECRET", SECRET), ("JWT_PUBLIC_KEY", PUBLIC_KEY), ("SERVICE_SECRET", "not used by this target")];
    let settings: Source = settings.into_iter().collect();
    TokenVerifier::new(&config::load(&settings).expect("a configuration").auth)
});

/// A token's header.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Head {
    Plain,
    WithKeyId,
    OtherDigest,
    PublicKey,
    Unsigned,
    OwnKey,
    Critical,
    Unencoded,
    Compressed,
    Logout,
    Twice,
}

/// What happens to a token after signing.
#[derive(Arbitrary, Debug)]
enum Deed<'a> {
    /// It is sent unchanged.
    Nothing,
    /// One of its bytes is changed.
    Flip { at: u16, mask: u8 },
    /// It gets the claims of another valid token.
    Splice(Claims<'a>),
    /// It is signed with public data: the public key.
    PublicSecret { trimmed: bool },
    /// It is truncated.
    Cut { length: u16 },
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    head: Head,
    claims: Claims<'a>,
    deed: Deed<'a>,
}

fuzz_target!(|data: &[u8]| {
    if data.starts_with(b"eyJ") {
        if let Ok(token) = std::str::from_utf8(data) {
            assert_eq!(verify(token), Err(Error::Invalid), "nobody has signed {token}");
        }
    } else if let Ok(input) = Input::arbitrary(&mut Unstructured::new(data)) {
        check(&input);
    }
});

fn check(input: &Input<'_>) {
    let head = match input.head {
        Head::Plain => r#"{"alg":"HS256","typ":"JWT"}"#,
        Head::WithKeyId => r#"{"kid":"k1","alg":"HS256"}"#,
        Head::OtherDigest => r#"{"alg":"HS512","typ":"JWT"}"#,
        Head::PublicKey => r#"{"alg":"EdDSA","typ":"JWT"}"#,
        Head::Unsigned => r#"{"alg":"none","typ":"JWT"}"#,
        Head::OwnKey => r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"jku":"http://127.0.0.1:9/","x5c":7}"#,
        Head::Critical => r#"{"alg":"HS256","crit":["exp"]}"#,
        Head::Unencoded => r#"{"alg":"HS256","b64":false}"#,
        Head::Compressed => r#"{"alg":"HS256","zip":"DEF"}"#,
        Head::Logout => r#"{"alg":"HS256","typ":"logout+jwt"}"#,
        Head::Twice => r#"{"alg":"HS256","alg":"HS256"}"#,
    };
    let content = [head, &input.claims.json()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let token = signed(&content, SECRET);
    let taken = matches!(input.head, Head::Plain | Head::WithKeyId | Head::OwnKey);
    let user = input.claims.user(NOW).filter(|_| taken && token.len() <= 8192);
    let identity = verify(&token).ok();
    assert_eq!(identity.as_ref().map(|identity| &identity.user_id), user.as_ref(), "{:?}", input.claims);
    if let Some(identity) = &identity {
        assert_eq!(Some(identity.expires_at), input.claims.expires_at());
    }
    match &input.deed {
        Deed::Nothing => {}
        Deed::Flip { at, mask } => {
            let mut bytes = token.into_bytes();
            let at = usize::from(*at) % bytes.len();
            bytes[at] ^= mask;
            // Perhaps to the same byte, but never to another user.
            if let Some(Ok(changed)) = String::from_utf8(bytes).ok().map(|token| verify(&token)) {
                assert_eq!(Some(changed), identity);
            }
        }
        Deed::Splice(other) => {
            let (head, signature) = (token.split('.').next(), token.rsplit('.').next());
            let claims = URL_SAFE_NO_PAD.encode(other.json());
            let spliced = [head.unwrap_or_default(), &claims, signature.unwrap_or_default()].join(".");
            assert!(spliced == token || verify(&spliced).is_err());
        }
        Deed::PublicSecret { trimmed } => {
            let secret = if *trimmed { PUBLIC_KEY.trim() } else { PUBLIC_KEY };
            assert!(verify(&signed(&content, secret)).is_err());
        }
        Deed::Cut { length } => {
            let end = usize::from(*length) % token.len();
            assert!(verify(&token[..end]).is_err());
        }
    }
}

fn signed(content: &str, secret: &str) -> String {
    format!("{content}.{}", URL_SAFE_NO_PAD.encode(mac(secret.as_bytes(), content.as_bytes())))
}

/// Never waits, because no published keys are fetched.
fn verify(token: &str) -> Result<Identity, Error> {
    let now = Timestamp::from_second(NOW).expect("a time");
    match pin!(VERIFIER.verify(token, now)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verified) => verified,
        Poll::Pending => panic!("it waits for something"),
    }
}
