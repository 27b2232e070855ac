//! The JSON of Basiq's answers.
//!
//! Owns its members and links. Must not choose the rows of an answer.

mod account;
mod connection;
mod connector;
mod events;
mod job;
mod transaction;
mod user;

pub(super) use account::{account, account_of_connection};
pub(super) use connection::{connection, connection_in_list, status};
pub(super) use connector::connector;
pub(super) use events::{event, event_type};
pub(super) use job::{created_job, job};
pub(super) use transaction::transaction;
pub(super) use user::{created_user, user};

use jiff::Timestamp;

/// RFC 3339 to the second: `2026-03-02T10:00:00Z`.
fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// Midnight of the day, the form in which Basiq writes dates without a time.
fn day(at: Timestamp) -> String {
    format!("{}T00:00:00Z", at.strftime("%Y-%m-%d"))
}
