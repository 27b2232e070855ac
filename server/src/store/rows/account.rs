//! An account as its user sees it.
//!
//! Owns the name of an account that has none, and which times are shown. Must not know where they are stored.

use jiff::Timestamp;

use crate::clock;

/// An account's name, or a substitute if it has none.
pub(in crate::store) fn account_name(name: Option<String>, last_digits: Option<&str>, account_id: &str) -> String {
    name.unwrap_or_else(|| match last_digits {
        Some(digits) => format!("Account ending {digits}"),
        None => format!("Account {}", connectors::masked(account_id)),
    })
}

/// When a connection is next due, for display. Nothing for one without a request: it is stored as due at the end of time.
pub(in crate::store) fn shown_time(due: Option<i64>) -> Option<String> {
    due.filter(|due| *due < Timestamp::MAX.as_millisecond()).map(clock::rfc3339_of_millis)
}
