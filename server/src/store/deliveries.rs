//! Deliveries as the rest of the server hands them to the store.
//!
//! Owns their types and their trait. Must not know how they are kept.

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
    /// The same for every attempt at this delivery, and for no other.
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

/// A delivery with its meaning.
#[derive(Debug)]
pub struct NewDelivery {
    /// Its connector.
    pub connector: ConnectorRef,
    /// The delivery as received.
    pub delivery: Record,
    /// Its meaning.
    pub content: Content,
    /// Registers its connection in the same step, for this user, where there is none: a push has a connection of its
    /// own.
    pub register: Option<String>,
    /// When it arrived, for the time it takes, and its id in the log.
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
        /// The items that are not understood: the delivery is quarantined for them, once the changes are applied.
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
    /// Kept, with the reason.
    Kept(String),
    /// Not this provider's shape; kept to be looked at, with the reason.
    Malformed(String),
}

impl Content {
    /// Why the delivery stays quarantined though its changes are applied.
    pub fn rejection(&self) -> Option<String> {
        match self {
            Self::Changes { rejected, .. } if !rejected.is_empty() => {
                Some(format!("applied except items that are not understood: {}", Rejected::sentence(rejected)))
            }
            _ => None,
        }
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is applied.
    Applied(Changed),
    /// It is applied but for items that are not understood: it is quarantined with the reason.
    Partly(Changed, String),
    /// It had been recorded before.
    Duplicate,
    /// It is kept, with the reason.
    Kept(String),
    /// It is kept behind earlier ones of its connection, which can all be placed now.
    Queued,
    /// It is not this provider's shape, now or when it came before; it is kept to be looked at.
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
    /// How many transactions it was.
    pub fn all(self) -> u32 {
        self.new + self.updated
    }
}

/// Recording deliveries, and applying their changes.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Records a delivery and applies it, once: a key that was seen before does nothing.
    async fn record_delivery(&self, delivery: NewDelivery, now: Timestamp) -> Result<Recorded>;

    /// Applies a kept delivery, now that it can be placed.
    async fn apply_kept(&self, id: i64, delivery: NewDelivery, now: Timestamp) -> Result<Recorded>;
}
