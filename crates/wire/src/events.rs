//! The events of Socket.IO: their names and payloads.
//!
//! Owns the shapes of the contract's section 1. Must not know how they are transported.

use serde::{Deserialize, Serialize};

use crate::object::json_objects;
use crate::{Amount, Currency, ErrorCode, SyncError, Transaction};

/// The only namespace.
pub const NAMESPACE: &str = "/";
/// The path of the Engine.IO endpoint.
pub const PATH: &str = "/socket.io/";

/// Client to server: sign in.
pub const AUTHENTICATE: &str = "authenticate";
/// Server to client: signed in.
pub const AUTHENTICATED: &str = "authenticated";
/// Server to client: refused, or about to be closed.
pub const ERROR: &str = "error";
/// Client to server: ping.
pub const PING: &str = "ping";
/// Server to client: the answer to it.
pub const PONG: &str = "pong";
/// Server to client: the missed events are no longer kept; reload over HTTP.
pub const SYNC_REQUIRED: &str = "sync:required";

/// The events of a user's feed, each with the user's next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventName {
    /// [`TransactionEvent`]
    TransactionNew,
    /// [`TransactionEvent`]
    TransactionUpdated,
    /// [`TransactionDeleted`]
    TransactionDeleted,
    /// [`BalanceUpdated`]
    BalanceUpdated,
    /// [`ConnectionUpdated`]
    ConnectionUpdated,
    /// [`SyncComplete`]
    SyncComplete,
}

impl EventName {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::TransactionNew,
        Self::TransactionUpdated,
        Self::TransactionDeleted,
        Self::BalanceUpdated,
        Self::ConnectionUpdated,
        Self::SyncComplete,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransactionNew => "transaction:new",
            Self::TransactionUpdated => "transaction:updated",
            Self::TransactionDeleted => "transaction:deleted",
            Self::BalanceUpdated => "balance:updated",
            Self::ConnectionUpdated => "connection:updated",
            Self::SyncComplete => "sync:complete",
        }
    }

    /// The event with this name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }
}

/// Payload of `authenticate`, and of the handshake's `auth` (there without `user_id`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authenticate {
    /// The user of the feed; must be the token's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// A JWT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The last event number that the client has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The epoch of `since`, as the server sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

json_objects!(Authenticated);

/// Payload of `authenticated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Authenticated {
    /// The user of the feed.
    pub user_id: String,
    /// The user's newest event number.
    pub seq: u64,
    /// Changes whenever the server's data may have lost its end. Numbers of different epochs are not comparable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

/// The acknowledgement of an `authenticate` that requested one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticateAck {
    /// Whether the socket is signed in.
    pub ok: bool,
    /// With `ok`: the user of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// With `ok`: the user's newest event number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Without `ok`: one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Without `ok`: the reason, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
}

/// Payload of `sync:required`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncRequired {
    /// `too_old`, `ahead` or `epoch`.
    pub reason: String,
    /// The oldest event number that is still kept.
    pub oldest_seq: u64,
    /// The user's newest event number.
    pub seq: u64,
    /// The server's epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

impl SyncRequired {
    /// The reason if the client's numbers are of another epoch: none of its data is valid.
    pub const EPOCH: &'static str = "epoch";
}

/// Live, or replayed after a disconnect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventSource {
    /// Sent as it happened.
    #[default]
    Realtime,
    /// Missed before, delivered now.
    Replay,
}

/// The fields that every event of a feed carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stamp {
    /// 1, 2, 3 … for each user, without gaps.
    pub seq: u64,
    /// Unique over all users.
    pub event_id: String,
    /// RFC 3339, UTC: when the server stored it.
    pub timestamp: String,
    /// Live or replayed.
    #[serde(default)]
    pub source: EventSource,
}

macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", remote = "Self")]
        pub struct $name {
            /// 1, 2, 3 … for each user, without gaps.
            pub seq: u64,
            /// Unique over all users.
            pub event_id: String,
            /// RFC 3339, UTC: when the server stored it.
            pub timestamp: String,
            /// Live or replayed.
            #[serde(default)]
            pub source: EventSource,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        json_objects!($name);

        impl $name {
            /// The payload with its stamp.
            pub fn new(stamp: Stamp, $($field: $type),*) -> Self {
                let Stamp { seq, event_id, timestamp, source } = stamp;
                Self { seq, event_id, timestamp, source, $($field),* }
            }
        }
    };
}

// The stamp's fields are repeated in each payload and not flattened into it: serde's flattening reads through a buffer
// that turns a number's digits into a float.
payload! {
    /// Payload of `transaction:new` and `transaction:updated`.
    TransactionEvent {
        /// The transaction's new state.
        transaction: Transaction,
        /// The previous connection of its account, if the account was linked again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_connection_id: Option<String>,
    }
}
payload! {
    /// Payload of `transaction:deleted`.
    TransactionDeleted {
        /// The provider's id.
        transaction_id: String,
        /// Its connector.
        connector_id: String,
        /// Its connection.
        connection_id: String,
        /// Its account.
        account_id: String,
    }
}
payload! {
    /// Payload of `balance:updated`.
    BalanceUpdated {
        /// The connection of the account.
        connection_id: String,
        /// The account.
        account_id: String,
        /// The account's currency.
        currency: Currency,
        /// The booked balance.
        balance: Amount,
        /// The available balance, if the provider reports it.
        available: Option<Amount>,
    }
}
payload! {
    /// Payload of `connection:updated`.
    ConnectionUpdated {
        /// The connection.
        connection_id: String,
        /// Its connector.
        connector_id: String,
        /// `active`, `pending`, `invalid`, `revoked` or `deleted`.
        status: String,
        /// Why the last sync run failed. If it is absent, the last failure may or may not be over: fetch the
        /// connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_error: Option<SyncError>,
    }
}
payload! {
    /// Payload of `sync:complete`.
    SyncComplete {
        /// The connection that was synchronised.
        connection_id: String,
        /// The counts of the run.
        stats: SyncStats,
    }
}

/// The counts of a sync run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStats {
    /// How many transactions the connection has now.
    pub total_transactions: u64,
    /// How many of them were not known before.
    pub new_transactions: u64,
}
