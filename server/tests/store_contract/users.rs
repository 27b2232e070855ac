//! The promises of every store about users and their sign-ins.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use jiff::{SignedDuration, Timestamp};
use server::store::{Error, Session, User};

use crate::harness::{Harness, Open, now};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

pub fn user(user_id: &str, email: &str) -> User {
    User {
        user_id: user_id.to_owned(),
        email: email.to_owned(),
        display_name: "Alice".to_owned(),
        password_hash: "$argon2id$".to_owned(),
    }
}

async fn sign_in(it: &Harness, token: u8, user_id: &str, expires_at: Timestamp) -> Session {
    let session = Session { user_id: user_id.to_owned(), display_name: "Alice".to_owned(), expires_at };
    it.store.add_session([token; 32], session.clone(), now()).await.unwrap();
    // The store has a resolution of milliseconds.
    Session { expires_at: Timestamp::from_millisecond(expires_at.as_millisecond()).unwrap(), ..session }
}

async fn session(it: &Harness, token: u8, at: Timestamp) -> Option<Session> {
    it.store.session([token; 32], at).await.unwrap()
}

pub async fn a_user_signs_in_with_the_address_in_any_case(open: &dyn Open) {
    let it = Harness::of(open).await;
    it.store.add_user(user("alice", "Alice@Example.com"), now()).await.unwrap();
    for taken in [user("bob", "aLICE@example.com"), user("alice", "another@example.com")] {
        assert!(matches!(it.store.add_user(taken, now()).await, Err(Error::Conflict(_))));
    }
    let found = async |email: &str| it.store.user_by_email(email.to_owned()).await.unwrap();
    let alice = found("alice@EXAMPLE.com").await.unwrap();
    assert_eq!((alice.user_id.as_str(), alice.email.as_str()), ("alice", "Alice@Example.com"));
    assert_eq!((alice.display_name.as_str(), alice.password_hash.as_str()), ("Alice", "$argon2id$"));
    for other in ["alice@example.co", "al%", "alice@example.com\0", ""] {
        assert!(found(other).await.is_none(), "{other}");
    }
    // Only ASCII letters are folded, without a locale's rules.
    it.store.add_user(user("zoe", "zo\u{eb}@example.com"), now()).await.unwrap();
    assert!(found("zo\u{cb}@example.com").await.is_none());
}

pub async fn a_sign_in_holds_until_it_expires_or_ends(open: &dyn Open) {
    let it = Harness::of(open).await;
    let alices = sign_in(&it, 1, "alice", now() + HOUR).await;
    let bobs = sign_in(&it, 2, "bob", now() + HOUR).await;
    let it = Harness::of(open).await;
    assert_eq!(session(&it, 1, now()).await, Some(alices));
    assert_eq!(session(&it, 1, now() + HOUR).await, None);
    assert_eq!(session(&it, 3, now()).await, None);
    it.store.delete_session([1; 32]).await.unwrap();
    assert_eq!((session(&it, 1, now()).await, session(&it, 2, now()).await), (None, Some(bobs)));
}

pub async fn every_sign_in_of_a_user_ends_together(open: &dyn Open) {
    let it = Harness::of(open).await;
    for (token, user_id) in [(1, "alice"), (2, "alice"), (3, "bob")] {
        sign_in(&it, token, user_id, now() + HOUR).await;
    }
    assert_eq!(it.store.delete_sessions("alice".to_owned()).await.unwrap(), 2);
    assert_eq!(it.store.delete_sessions("alice".to_owned()).await.unwrap(), 0);
    assert!(session(&it, 1, now()).await.is_none() && session(&it, 2, now()).await.is_none());
    assert!(session(&it, 3, now()).await.is_some());
}

pub async fn those_of_many_sign_ins_that_have_ended_or_expired_are_found_at_once(open: &dyn Open) {
    let it = Harness::of(open).await;
    for (token, until) in [(1, HOUR), (2, HOUR * 2), (3, HOUR * 2)] {
        sign_in(&it, token, "alice", now() + until).await;
    }
    it.store.delete_session([3; 32]).await.unwrap();
    let ended = async |sessions: &[u8], at| {
        let asked = sessions.iter().map(|token| [*token; 32]).collect();
        let ended = it.store.ended_sessions(asked, at).await.unwrap();
        ended.into_iter().map(|token| token[0]).collect::<Vec<_>>()
    };
    assert_eq!(ended(&[1, 2, 3, 4], now()).await, [3, 4]);
    assert_eq!(ended(&[2, 1], now() + HOUR).await, [1]);
    assert!(ended(&[], now()).await.is_empty() && ended(&[2], now()).await.is_empty());
    let many = (0..10_000_u32).map(|number| {
        let mut token = [0; 32];
        token[..4].copy_from_slice(&number.to_be_bytes());
        token
    });
    let many: Vec<_> = many.chain([[2; 32]]).collect();
    assert_eq!(it.store.ended_sessions(many, now()).await.unwrap().len(), 10_000);
}
