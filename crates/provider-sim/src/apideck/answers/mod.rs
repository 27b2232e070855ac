//! The JSON of Apideck's answers.
//!
//! Owns its members. Must not choose the rows of an answer.

mod connection;
mod ledger_account;
mod list;
mod record;

pub(super) use connection::{connection, state_word};
pub(super) use ledger_account::UnifiedAccount;
pub(super) use list::{Cursors, List, One};
pub(super) use record::UnifiedRecord;

use jiff::Timestamp;

/// RFC 3339 with milliseconds, as Apideck writes times.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
