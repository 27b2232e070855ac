//! The data of an attempt to connect a bank, on its way to the provider and back.
//!
//! Owns the types. Must not call a provider.

use std::collections::BTreeMap;
use std::fmt;

use crate::fetch::LinkedConnection;
use crate::signature::sha256_hex;

/// A user whom the provider does not know yet.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The host application's id of this user.
    pub user_id: &'a str,
    /// The user's e-mail address, if the caller sent it.
    pub email: Option<&'a str>,
}

impl Person<'_> {
    /// A stable name for the user that reveals nothing about them.
    pub(crate) fn pseudonym(&self) -> String {
        sha256_hex(self.user_id.as_bytes()).chars().take(32).collect()
    }
}

/// A connection that its user authorises again.
#[derive(Clone, Copy, Debug)]
pub struct Again<'a> {
    /// The connection as its provider knows it.
    pub connection: LinkedConnection<'a>,
    /// Whether its consent still holds.
    pub is_active: bool,
}

/// One attempt to connect a bank.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The provider's id of the user.
    pub user: &'a str,
    /// A random text that the callback has to return.
    pub state: &'a str,
    /// The server's address as browsers see it, without a trailing slash; `None` if unknown.
    pub server: Option<&'a str>,
    /// The connection that is authorised again; `None` for a new one.
    pub again: Option<Again<'a>>,
    /// How far back the first run reaches, in days.
    pub history_days: u32,
}

/// The start of an attempt.
#[derive(Clone, PartialEq, Eq)]
pub struct Began {
    /// The consent page's URL, which may hold a token: it is for the user's browser alone.
    pub url: String,
    /// The provider's own name of the attempt, for its script on the page and for [`Returned`].
    pub token: Option<String>,
}

impl fmt::Debug for Began {
    /// Shows neither: either may let another user take over the connection.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Began").finish_non_exhaustive()
    }
}

/// The callback of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    /// The provider's id of the user.
    pub user: &'a str,
    /// The parameters of the callback's query, without the state. They are not authenticated.
    pub parameters: &'a BTreeMap<String, String>,
    /// [`Began::token`].
    pub token: Option<&'a str>,
    /// The connection that was authorised again.
    pub again: Option<LinkedConnection<'a>>,
}

impl Returned<'_> {
    /// A parameter with a non-blank value.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}
