//! Access tokens.
//!
//! Owns which were issued and whether they are valid. Must not know HTTP.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::ids::Ids;

/// The scope of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The API.
    Server,
    /// The consent page of one user.
    Client(String),
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It was never issued.
    Invalid,
    /// It has expired.
    Expired,
}

/// The issued tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    ids: Ids,
    given: HashMap<String, (Access, Timestamp)>,
}

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed), given: HashMap::new() }
    }

    /// Issues a token. Tokens that expired a day ago are forgotten.
    pub(super) fn give(&mut self, access: Access, now: Timestamp, lifetime: Duration) -> String {
        let day = Duration::from_secs(24 * 3600);
        self.given.retain(|_, (_, expires)| expires.checked_add(day).is_ok_and(|forgotten| forgotten > now));
        let token = format!("{}.{}.{}", self.ids.base62(36), self.ids.base62(120), self.ids.base62(43));
        self.given.insert(token.clone(), (access, now.checked_add(lifetime).unwrap_or(Timestamp::MAX)));
        token
    }

    /// The scope of a token.
    pub(super) fn access(&self, token: &str, now: Timestamp) -> Result<&Access, Refusal> {
        let (access, expires) = self.given.get(token).ok_or(Refusal::Invalid)?;
        if *expires > now { Ok(access) } else { Err(Refusal::Expired) }
    }

    /// Expires a token, or all of them.
    pub(super) fn expire(&mut self, token: Option<&str>, now: Timestamp) {
        for (given, (_, expires)) in &mut self.given {
            if token.is_none_or(|token| token == given) {
                *expires = now.min(*expires);
            }
        }
    }
}
