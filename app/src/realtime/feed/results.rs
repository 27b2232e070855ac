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

/// The result of an event, with those that waited for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Whether the list, the accounts or the totals changed, or something older was removed.
    pub changed: bool,
    /// The notifications, in the order of the events.
    pub news: Vec<News>,
    /// Whether the event waits for others that have not arrived: to be applied, or to be notified.
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
    /// Where it begins, in the server's words.
    pub cursor: String,
    /// How often the list had been started over by then.
    pub(super) load: u64,
}
