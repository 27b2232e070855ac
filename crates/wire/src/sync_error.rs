//! Why a sync run of a connection failed.
//!
//! Owns the kinds of failure, by the remedy for each. Must not know how a provider is called.

use serde::{Deserialize, Serialize};

use crate::object::json_objects;

json_objects!(SyncError);

/// Why a run failed, as readable text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct SyncError {
    /// The kind of failure.
    pub kind: SyncErrorKind,
    /// The reason, as part of a sentence: `it did not answer in time`.
    pub reason: String,
    /// The time: RFC 3339, UTC.
    pub at: String,
}

/// The remedy for a failed run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SyncErrorKind {
    /// None: the run is retried.
    Temporary,
    /// The user connects the account again.
    Consent,
    /// The operator corrects a setting.
    Configuration,
    /// The provider no longer has the connection.
    Gone,
}
