//! The status of a delivery after its arrival.
//!
//! Owns the reasons why a delivery waits, and which headers are stored. Must not record or apply a delivery.

use connectors::Headers;
use ledger::Applied;

use super::connection::ConnectionRow;
use super::status::Status;
use crate::store::{Changed, Content, Recorded, Result};

/// Why a delivery waits for its connection.
pub(in crate::store) const UNKNOWN_CONNECTION: &str = "the connection is not registered";
/// Why a delivery waits although its connection is registered: an older one must not be applied after it.
pub(in crate::store) const QUEUED: &str = "earlier deliveries of the connection are still waiting";

/// Why a delivery waits for a purge: the transactions that it reports could be mistaken for those being deleted.
pub(in crate::store) const PURGING: &str = "the connection's former transactions are still being deleted";

/// Why a delivery about a provider's user is quarantined.
pub(in crate::store) const UNKNOWN_USER: &str = "no connection of this user is known";

/// The status of a delivery after its arrival.
pub(in crate::store) struct Standing<'a> {
    pub(in crate::store) status: Status,
    pub(in crate::store) connection_id: Option<&'a str>,
    pub(in crate::store) reason: Option<String>,
    /// The connection that its changes are applied to now.
    pub(in crate::store) apply_to: Option<ConnectionRow>,
}

impl Standing<'_> {
    /// The status of a delivery that is applied to no connection.
    pub(in crate::store) fn of(status: Status, reason: Option<&str>) -> Self {
        Self { status, connection_id: None, reason: reason.map(str::to_owned), apply_to: None }
    }
}

/// The status of a delivery whose changes are applied: quarantined if some items cannot be understood.
pub(in crate::store) fn settled<'a>(content: &Content) -> Standing<'a> {
    let reason = content.rejection();
    let status = if reason.is_some() { Status::Quarantined } else { Status::Processed };
    Standing { status, connection_id: None, reason, apply_to: None }
}

/// The outcome of a delivery whose changes were applied.
pub(in crate::store) fn applied(changed: Applied, rejection: Option<String>) -> Recorded {
    let changed = Changed { new: changed.new, updated: changed.updated };
    match rejection {
        Some(reason) => Recorded::Partly(changed, reason),
        None => Recorded::Applied(changed),
    }
}

/// Headers that may be useful later, without credentials, which must not be stored.
pub(in crate::store) fn headers_to_keep(headers: &Headers) -> Result<String> {
    let kept: Vec<_> =
        headers.iter().filter(|(name, _)| !matches!(*name, "authorization" | "cookie" | "x-service-secret")).collect();
    Ok(serde_json::to_string(&kept)?)
}
