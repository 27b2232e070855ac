//! Why asking a connection's provider failed.
//!
//! Owns the kinds of failure, by what has to happen after them. Must not know how a provider is asked.

use serde::{Deserialize, Serialize};

use crate::object::json_objects;

json_objects!(SyncError);

/// Why a run failed, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct SyncError {
    /// What kind of failure it is.
    pub kind: SyncErrorKind,
    /// Why, as part of a sentence: `it did not answer in time`.
    pub reason: String,
    /// RFC 3339, UTC: when.
    pub at: String,
}

/// What has to happen after a failed run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SyncErrorKind {
    /// Nothing: it is tried again.
    Temporary,
    /// The person connects the account again.
    Consent,
    /// The operator sets something right.
    Configuration,
    /// The provider no longer has the connection.
    Gone,
}
