//! What a person is sent to the provider with, and what they come back with.
//!
//! Owns the types. Must not ask a provider.

use std::collections::BTreeMap;
use std::fmt;

use crate::fetch::LinkedConnection;
use crate::signature::sha256_hex;

/// A person whom the provider does not know yet.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The host application's id of them.
    pub user_id: &'a str,
    /// Their e-mail address, where the caller has told it.
    pub email: Option<&'a str>,
}

impl Person<'_> {
    /// A name that is always the same for them and tells nothing of them.
    pub(crate) fn pseudonym(&self) -> String {
        sha256_hex(self.user_id.as_bytes()).chars().take(32).collect()
    }
}

/// A connection that its person authorises again.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// As its provider knows it.
    pub connection: LinkedConnection<'a>,
    /// Whether its consent still holds.
    pub is_active: bool,
}

/// One attempt to connect a bank.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The provider's id of the person.
    pub user: &'a str,
    /// A random text that has to come back with the person.
    pub state: &'a str,
    /// The server's address as browsers see it, without a slash at its end; nothing where it is not known.
    pub server: Option<&'a str>,
    /// The connection that is authorised again; nothing for a new one.
    pub again: Option<Again<'a>>,
    /// How far back the first run is to reach, in days.
    pub history_days: u32,
}

/// What an attempt begins with.
#[derive(Clone, PartialEq, Eq)]
pub struct Began {
    /// The consent page's address, which may hold a token: it is for the person's browser alone.
    pub url: String,
    /// The provider's own name of the attempt, for its script on the page and for [`Returned`].
    pub token: Option<String>,
}

impl fmt::Debug for Began {
    /// Neither: either may let another user take over the connection.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Began").finish_non_exhaustive()
    }
}

/// The person has come back.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    /// The provider's id of the person.
    pub user: &'a str,
    /// What the callback's query says, without the state. Anybody can have written it.
    pub parameters: &'a BTreeMap<String, String>,
    /// [`Began::token`].
    pub token: Option<&'a str>,
    /// The connection that was authorised again.
    pub again: Option<LinkedConnection<'a>>,
}

impl Returned<'_> {
    /// A parameter that says something.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}
