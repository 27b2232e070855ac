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
    /// The provider's id of its user, where one was registered.
    pub external_user_id: Option<&'a str>,
    /// What was registered to call the provider with.
    pub credentials: &'a Credentials,
}

/// Secrets of one connection, by their names: `accessToken` …
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(pub BTreeMap<String, String>);

impl Credentials {
    /// One of them; nothing where it was not registered.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Credentials {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Which page of which run is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Of which connection.
    pub connection: LinkedConnection<'a>,
    /// What is asked for.
    pub wanted: &'a Wanted,
    /// The run reaches back to this day where there is no cursor.
    pub first_day: Date,
    /// When the run began.
    pub began: Timestamp,
    /// What the last complete run has left; nothing in the first one.
    pub cursor: Option<&'a str>,
    /// What the page before has left; nothing for the first page.
    pub position: Option<&'a str>,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// What it says, in the order it is to be applied.
    pub changes: Vec<Change>,
    /// Its items that are not understood.
    pub rejected: Vec<Rejected>,
    /// What follows.
    pub next: Next,
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another page.
    Page {
        /// What the next page is asked for with: the connector's own text, kept over restarts.
        position: String,
    },
    /// Nothing: the run is complete.
    End {
        /// What the next run begins with.
        cursor: Option<String>,
        /// What it means that the run has not named a transaction.
        absence: Absence,
    },
}
