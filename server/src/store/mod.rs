//! What is durable.
//!
//! Owns the traits that the rest of the server sees, one for each thing that is stored, and their types. Must not let a
//! driver's types or a database transaction out: each method is one unit of work.

mod account_request;
mod connections;
mod connects;
mod deliveries;
mod error;
mod event;
mod event_log;
mod inbox;
mod outbox;
mod provider_keys;
mod queries;
pub mod sqlite;
mod sync_request;
mod syncs;
mod users;

use async_trait::async_trait;
use jiff::Timestamp;

pub(crate) use account_request::account_update;
pub use connections::Connections;
pub use connects::{Budget, ConnectAttempt, Connects, ReturnedConnect, StateHash};
pub use deliveries::{Changed, Content, Deliveries, NewDelivery, Record, Recorded};
pub use error::{Error, Result};
pub use event::{CommitSink, FeedEvent, LogEnds};
pub use event_log::EventLog;
pub use inbox::{Inbox, InboxEntry, KeptDelivery};
pub use outbox::{DeadLetter, DueUser, Outbox, OutboxState, OutgoingTransaction, Revived, StuckQueue};
pub use provider_keys::{ProviderKey, ProviderKeys};
pub use queries::Queries;
pub use sync_request::SyncRequest;
pub use syncs::{AppliedPage, BegunSync, DueSync, FinishedSync, SyncKey, SyncPage, Syncs, Urgency};
pub use users::{Session, User, Users};

pub use ledger::Connector as ConnectorRef;
pub use wire::{SyncError, SyncErrorKind};

/// Everything durable. Object-safe, so that handlers do not depend on the database in use.
#[async_trait]
pub trait Store:
    Deliveries + Connections + Queries + EventLog + Users + Inbox + Outbox + Syncs + ProviderKeys + Connects
{
    /// Finishes what it was given; takes nothing from then on.
    async fn close(&self);

    /// Whether it can be written to now: writes something.
    async fn check(&self, now: Timestamp) -> Result<()>;
}
