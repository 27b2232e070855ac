//! Sessions of Link.
//!
//! Owns a session's state and its lifetime. Must not know JSON or HTTP.

use jiff::Timestamp;

/// A user has opened Link with a link token.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) started_at: Timestamp,
    pub(super) finished_at: Option<Timestamp>,
    /// The public token of the added item; `None` in update mode.
    pub(super) public_token: Option<String>,
    /// Whether the user has left without connecting a bank.
    pub(super) has_exit: bool,
}
