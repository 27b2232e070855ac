//! Deliveries as the rest of the server hands them to the store.
//!
//! Owns their types and their trait. Must not know how they are stored.

use async_trait::async_trait;
use connectors::{Headers, Rejected, StoredDelivery, VerifiedDelivery};
use jiff::Timestamp;
use ledger::Change;

use super::{ConnectorRef, Result, SyncRequest};
use crate::telemetry::spans::Arrival;

/// The stored form of a delivery, as received.
#[derive(Debug)]
pub struct Record {
    /// The request's headers.
    pub headers: Headers,
    /// The body's exact bytes.
    pub body: Vec<u8>,
    /// Identical for every attempt at this delivery, and different for every other delivery.
    pub key: String,
}

impl From<VerifiedDelivery> for Record {
    fn from(delivery: VerifiedDelivery) -> Self {
        let (headers, body, key) = delivery.into_parts();
        Self { headers, body, key }
    }
}

impl From<StoredDelivery> for Record {
    fn from(delivery: StoredDelivery) -> Self {
        let (headers, body, key) = delivery.into_parts();
        Self { headers, body, key }
    }
}

/// A delivery and what it means.
#[derive(Debug)]
pub struct NewDelivery {
    /// Its connector.
    pub connector: ConnectorRef,
    /// The delivery as received.
    pub delivery: Record,
    /// Its meaning.
    pub content: Content,
    /// The user for whom to register the connection in the same unit of work if it does not exist yet. Only a push sets
    /// this: it has its own connection.
    pub register: Option<String>,
    /// When it arrived, to measure its latency, and its id in the log.
    pub arrived: Arrival,
}

/// The meaning of a delivery for the store.
#[derive(Debug)]
pub enum Content {
    /// Changes of a connection, which may not be registered yet.
    Changes {
        /// The provider's id of the connection.
        connection_id: String,
        /// In order.
        changes: Vec<Change>,
        /// The items that cannot be understood. The changes are applied, and the delivery is then quarantined for these
        /// items.
        rejected: Vec<Rejected>,
    },
    /// Changes of every connection of a provider's user.
    UserChanges {
        /// The provider's id of its user.
        provider_user: String,
        /// In order.
        changes: Vec<Change>,
    },
    /// A notification: the connection has to be synced.
    Fetch {
        /// The provider's id of the connection.
        connection_id: String,
        /// What to fetch.
        request: SyncRequest,
    },
    /// Nothing to do.
    Nothing,
    /// Quarantined, with the reason.
    Kept(String),
    /// Not in this provider's format. Quarantined for inspection, with the reason.
    Malformed(String),
}

impl Content {
    /// Why the delivery stays quarantined although its changes are applied.
    pub fn rejection(&self) -> Option<String> {
        match self {
            Self::Changes { rejected, .. } if !rejected.is_empty() => {
                Some(format!("applied, except for items that are not understood: {}", Rejected::sentence(rejected)))
            }
            _ => None,
        }
    }
}

/// The outcome of recording a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Applied.
    Applied(Changed),
    /// Applied, except for items that cannot be understood: quarantined with the reason.
    Partly(Changed, String),
    /// Recorded before.
    Duplicate,
    /// Stored but not applied yet, with the reason: quarantined, or waiting for its connection.
    Kept(String),
    /// Waits behind earlier deliveries of its connection, all of which can be applied now.
    Queued,
    /// Not in this provider's format, now or when it came before. Quarantined for inspection.
    Malformed(String),
}

/// The effect of a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The number of new transactions.
    pub new: u32,
    /// The number of changed and deleted transactions.
    pub updated: u32,
}

impl std::ops::AddAssign for Changed {
    fn add_assign(&mut self, more: Self) {
        self.new += more.new;
        self.updated += more.updated;
    }
}

impl Changed {
    /// The number of new, changed and deleted transactions.
    pub fn all(self) -> u32 {
        self.new + self.updated
    }
}

/// Recording deliveries, and applying their changes.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Records a delivery and applies it once: a key that was seen before does nothing.
    async fn record_delivery(&self, delivery: NewDelivery, now: Timestamp) -> Result<Recorded>;

    /// Applies a quarantined delivery that can be applied now.
    async fn apply_kept(&self, id: i64, delivery: NewDelivery, now: Timestamp) -> Result<Recorded>;
}
