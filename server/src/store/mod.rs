//! What is durable.
//!
//! Owns the trait that the rest of the server sees and its types. Must not let a driver's types or a
//! database transaction out: each method is one unit of work.

mod error;
mod event;
mod inbox;
mod outbox;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use connectors::{Headers, Rejected, StoredDelivery, VerifiedDelivery};
use jiff::Timestamp;
use ledger::{AccountUpdate, Change};
use wire::Transaction;
use wire::api::{
    Account, AccountRequest, Connection, ConnectionRequest, Snapshot, Summary, TransactionQuery, TransactionsPage,
};
use wire::events::SyncStats;
use wire::transaction::TransactionKey;

use crate::telemetry::spans::Arrival;

pub use error::{Error, Result};
pub use event::{CommitSink, FeedEvent, LogEnds};
pub use inbox::{Inbox, InboxEntry, KeptDelivery};
pub use outbox::{DeadLetter, DueUser, Outbox, OutboxState, OutgoingTransaction, Revived, StuckQueue};

pub use ledger::Connector as ConnectorRef;

/// What is written of a delivery: it as it came.
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

/// A delivery with what it means.
#[derive(Debug)]
pub struct NewDelivery {
    /// Its connector.
    pub connector: ConnectorRef,
    /// The delivery as it came.
    pub delivery: Record,
    /// What it means.
    pub content: Content,
    /// Registers its connection in the same step, for this user, where there is none: what is pushed brings its own.
    pub register: Option<String>,
    /// When it arrived, for the time it takes, and its id in the log.
    pub arrived: Arrival,
}

/// What a delivery means to the store.
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
                Some(format!("applied but for what is not understood: {}", Rejected::sentence(rejected)))
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

/// What a delivery changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// So many transactions were new.
    pub new: u32,
    /// So many had changed or were deleted.
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

/// Somebody who can sign in with a password.
#[derive(Clone, Debug)]
pub struct User {
    /// The owner of a feed.
    pub user_id: String,
    /// What they sign in with.
    pub email: String,
    /// How to greet them.
    pub display_name: String,
    /// A PHC string of argon2id.
    pub password_hash: String,
}

/// A sign-in at the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user_id: String,
    /// How to greet them.
    pub display_name: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// Everything durable. Object-safe, so that handlers do not depend on the database in use.
#[async_trait]
pub trait Store: Inbox + Outbox {
    /// Records a delivery and applies it, once: a key that was seen before does nothing.
    async fn record_delivery(&self, delivery: NewDelivery, now: Timestamp) -> Result<Recorded>;

    /// Applies a kept delivery, now that it can be placed.
    async fn apply_kept(&self, id: i64, delivery: NewDelivery, now: Timestamp) -> Result<Recorded>;

    /// Registers a connection or changes it; whether it is new. Fails with [`Error::Conflict`]
    /// where it is another user's.
    async fn put_connection(
        &self,
        connector: ConnectorRef,
        connection_id: String,
        request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool)>;

    /// The connections of a user (or of everybody) through a connector.
    async fn connections(&self, connector_id: String, user_id: Option<String>) -> Result<Vec<Connection>>;

    /// One connection.
    async fn connection(&self, connector_id: String, connection_id: String) -> Result<Connection>;

    /// Removes a connection with its accounts, only `owner`'s where one is given. Its transactions stay; with `purge`
    /// they are deleted as well, also those of a connection that was removed before.
    async fn delete_connection(
        &self,
        connector_id: String,
        connection_id: String,
        owner: Option<String>,
        purge: bool,
        now: Timestamp,
    ) -> Result<()>;

    /// Moves and purges the transactions of connections that a crash has left to be.
    async fn finish_moves(&self, now: Timestamp) -> Result<()>;

    /// Names this database and its history.
    fn epoch(&self) -> &str;

    /// Tells the owner that a connection has been synchronised.
    async fn complete_sync(
        &self,
        connector_id: String,
        connection_id: String,
        new_transactions: u64,
        now: Timestamp,
    ) -> Result<SyncStats>;

    /// A page of a user's transactions.
    async fn transactions(&self, user_id: String, query: TransactionQuery) -> Result<TransactionsPage>;

    /// One of a user's transactions.
    async fn transaction(&self, user_id: String, key: TransactionKey) -> Result<Transaction>;

    /// A user's accounts.
    async fn accounts(&self, user_id: String) -> Result<Vec<Account>>;

    /// A user's totals since the first of the month.
    async fn summary(&self, user_id: String, now: Timestamp) -> Result<Summary>;

    /// All that the dashboard shows when it opens, as of one moment.
    async fn snapshot(&self, user_id: String, display_name: String, now: Timestamp) -> Result<Snapshot>;

    /// How far a user's event log reaches.
    async fn log_ends(&self, user_id: Arc<str>) -> Result<LogEnds>;

    /// The newest event number of each of these users, in their order.
    async fn newest_events(&self, users: Vec<Arc<str>>) -> Result<Vec<u64>>;

    /// A user's events after a number, in order, at most `limit` of them.
    async fn events_after(&self, user_id: Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>>;

    /// Forgets events that are older than a time, and each user's oldest beyond a count; how many.
    async fn prune_events(&self, older_than: Timestamp, keep_newest: u64) -> Result<usize>;

    /// Adds somebody who can sign in. Fails with [`Error::Conflict`] where the e-mail address or the
    /// id is taken.
    async fn add_user(&self, user: User, now: Timestamp) -> Result<()>;

    /// Who signs in with this e-mail address.
    async fn user_by_email(&self, email: String) -> Result<Option<User>>;

    /// Keeps a sign-in.
    async fn add_session(&self, token_hash: [u8; 32], session: Session, now: Timestamp) -> Result<()>;

    /// The sign-in with this token, unless it has expired.
    async fn session(&self, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>>;

    /// Ends a sign-in.
    async fn delete_session(&self, token_hash: [u8; 32]) -> Result<()>;

    /// Ends every sign-in of a user; how many.
    async fn delete_sessions(&self, user_id: String) -> Result<usize>;

    /// Finishes what it was given; takes nothing from then on.
    async fn close(&self);

    /// Whether it can be written to now: writes something.
    async fn check(&self, now: Timestamp) -> Result<()>;
}

/// The last four digits of an account's number, where it has as many.
pub(crate) fn last_digits(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 4).then(|| digits[digits.len() - 4..].iter().collect())
}

/// The longest name of an account, in characters.
const LONGEST_NAME: usize = 200;

/// What a core app reports of an account, as if its provider had.
pub(crate) fn account_update(request: &AccountRequest) -> AccountUpdate {
    AccountUpdate {
        last_digits: request.account_number.as_deref().and_then(last_digits),
        account_id: request.account_id.clone(),
        name: request.name.as_deref().and_then(|name| connectors::readable(name, LONGEST_NAME)),
        kind: request.kind.as_deref().and_then(|kind| connectors::readable(kind, LONGEST_NAME)),
        currency: request.currency,
        balance: request.balance,
        available: request.available,
    }
}
