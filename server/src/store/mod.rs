//! The durable data, and the interface to it.
//!
//! Owns the traits that the rest of the server sees, one for each kind of stored data, and their types. Must not expose a
//! driver's types or a database transaction: each method is one unit of work.

mod account_request;
mod connections;
mod connects;
mod deliveries;
mod epoch;
mod error;
mod event;
mod event_log;
mod inbox;
mod leases;
mod outbox;
pub mod postgres;
mod provider_keys;
mod queries;
mod rate_limits;
mod rows;
mod shared;
mod slots;
pub mod sqlite;
mod sync_request;
mod syncs;
pub mod transfer;
mod users;

use async_trait::async_trait;
use jiff::Timestamp;

pub(crate) use account_request::account_update;
pub use connections::Connections;
pub use connects::{Budget, CONNECT_CLAIM, ConnectAttempt, Connects, ReturnedConnect, StateHash};
pub use deliveries::{Changed, Content, Deliveries, NewDelivery, Record, Recorded};
pub use epoch::Epoch;
pub use error::{Error, Result};
pub use event::{CommitSink, FeedEvent, LogEnds};
pub use event_log::EventLog;
pub use inbox::{Inbox, InboxEntry, KeptDelivery};
pub use leases::{Lease, Leases};
pub use outbox::{DeadLetter, DueUser, Outbox, OutboxState, OutgoingTransaction, Revived, StuckQueue};
pub use provider_keys::{ProviderKey, ProviderKeys};
pub use queries::Queries;
pub use rate_limits::{LimitKey, RateLimits, Spent};
pub use slots::{NodeId, SlotRequest, Slots};
pub use sync_request::SyncRequest;
pub use syncs::{AppliedPage, BegunSync, DueSync, FinishedSync, SyncKey, SyncPage, Syncs, Urgency};
pub use users::{Session, User, Users};

pub use ledger::Connector as ConnectorRef;
pub use wire::{SyncError, SyncErrorKind};

/// The whole store. Object-safe, so that handlers do not depend on the database in use.
#[async_trait]
pub trait Store:
    Deliveries
    + Connections
    + Queries
    + EventLog
    + Users
    + Inbox
    + Outbox
    + Syncs
    + ProviderKeys
    + Connects
    + Leases
    + Slots
    + RateLimits
{
    /// Finishes accepted work and accepts no more.
    async fn close(&self);

    /// Checks that the store can be written to, by writing something.
    async fn check(&self, now: Timestamp) -> Result<()>;
}
