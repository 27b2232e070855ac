//! The results of the feed's methods.
//!
//! Owns the types of its results. Must not have any rules.

use super::notifications::News;

/// The data that a feed lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Events, which the server can send again.
    Events,
    /// A snapshot: the events so far do not carry the changes.
    Snapshot,
}

/// The result of an event, and of the events that waited for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Whether the list, the accounts or the totals changed, or something older was removed.
    pub changed: bool,
    /// The notifications, in the order of the events.
    pub news: Vec<News>,
    /// Whether an event that has not arrived holds this one back, from being applied or from being notified.
    pub gap: bool,
}

/// The result of a reload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The notifications, in the order of the events.
    pub news: Vec<News>,
}

/// Which page is the next older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Older {
    /// The cursor at which it begins, from the server.
    pub cursor: String,
    /// The number of times that the list had been started over.
    pub(super) load: u64,
}
