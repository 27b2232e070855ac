//! Items.
//!
//! Owns Plaid's data of an item apart from its bank. Must not know JSON or HTTP.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::change_log::ChangeLog;

/// How far back transactions are reported by default, in days.
pub(super) const DAYS: u32 = 90;

/// An item.
#[derive(Debug)]
pub(super) struct Item {
    /// Also the id of its connection in the banks' books.
    pub(super) id: String,
    pub(super) access_token: String,
    pub(super) readiness: Readiness,
    /// Why its bank cannot be read.
    pub(super) trouble: Option<Trouble>,
    /// Whether `/transactions/sync` was called: before that, `SYNC_UPDATES_AVAILABLE` is not sent.
    pub(super) is_synced: bool,
    /// How far back transactions are reported, in days; fixed by the first call at the latest.
    pub(super) days: Option<u32>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) log: ChangeLog,
}

/// Whether there are transactions to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    NotReady,
    Complete,
}

/// Why an item's bank cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Its user has to sign in again.
    LoginRequired,
    /// Its user has withdrawn the permission.
    PermissionRevoked,
}

impl Item {
    /// The start of the reported transactions.
    pub(super) fn since(&self) -> Timestamp {
        let days = Duration::from_secs(u64::from(self.days.unwrap_or(DAYS)) * 24 * 3600);
        let days = SignedDuration::try_from(days).unwrap_or(SignedDuration::ZERO);
        self.created_at.checked_sub(days).unwrap_or(Timestamp::MIN)
    }
}
