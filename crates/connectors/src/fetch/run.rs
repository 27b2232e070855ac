//! A run of pages.
//!
//! Owns the input and the result of one page's fetch. Must not call the provider.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use ledger::{Absence, Change};

use crate::meaning::{Rejected, Wanted};

/// A connection as its provider knows it.
#[derive(Clone, Copy, Debug)]
pub struct LinkedConnection<'a> {
    /// The provider's id of it.
    pub id: &'a str,
    /// The provider's id of its user, if one was registered.
    pub external_user_id: Option<&'a str>,
    /// The registered credentials.
    pub credentials: &'a Credentials,
}

/// Secrets of one connection, by name: `accessToken` …
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(pub BTreeMap<String, String>);

impl Credentials {
    /// One secret; `None` if it was not registered.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Credentials {
    /// Shows the names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Which page of which run to fetch.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The connection to fetch from.
    pub connection: LinkedConnection<'a>,
    /// What to fetch.
    pub wanted: &'a Wanted,
    /// The first day that the run fetches if there is no cursor.
    pub first_day: Date,
    /// When the run began.
    pub began: Timestamp,
    /// The cursor that the last complete run stored; `None` for the first run.
    pub cursor: Option<&'a str>,
    /// The position after the previous page; `None` for the first page.
    pub position: Option<&'a str>,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its changes, in the order in which they are applied.
    pub changes: Vec<Change>,
    /// Its items that were not understood.
    pub rejected: Vec<Rejected>,
    /// The next step.
    pub next: Next,
}

/// The step after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another page.
    Page {
        /// The position of the next page: the connector's own text, kept across restarts.
        position: String,
    },
    /// Nothing: the run is complete.
    End {
        /// The cursor at which the next run begins.
        cursor: Option<String>,
        /// The meaning of a stored transaction's absence from the run's lists.
        absence: Absence,
    },
}
