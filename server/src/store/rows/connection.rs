//! The row of a connection.
//!
//! Owns the columns that units of work need. Must not decide what changes.

use std::borrow::Cow;

use ledger::{Change, ConnectionState, Dirty, Event, Recency, State, Update};
use wire::{Currency, EventName};

use crate::store::ConnectorRef;

/// The status of a connection whose user has withdrawn the consent.
pub(in crate::store) const REVOKED: &str = "revoked";

/// Whether a change is the end of a consent.
pub(in crate::store) fn ends_consent(change: &Change) -> bool {
    matches!(change.update, Update::ConnectionStatus(REVOKED))
}

/// A connection as it is stored.
#[derive(Clone, Debug)]
pub(in crate::store) struct ConnectionRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) connector_id: String,
    pub(in crate::store) connection_id: String,
    pub(in crate::store) owner: i64,
    pub(in crate::store) status: String,
    pub(in crate::store) recency: Recency,
}

impl ConnectionRow {
    /// Its state for the ledger.
    pub(in crate::store) fn state(&self) -> ConnectionState {
        ConnectionState { status: self.status.clone(), recency: self.recency, dirty: Dirty::No }
    }

    /// Its connector, with only the id filled in: for events of a connection as a whole.
    pub(in crate::store) fn connector(&self) -> ConnectorRef {
        ConnectorRef {
            id: self.connector_id.clone().into(),
            connector_type: Cow::Borrowed(""),
            source: Cow::Borrowed(""),
            default_currency: Currency::USD,
        }
    }
}

/// Whether an event concerns the connection's transactions or its status, and not only how it is synced.
pub(in crate::store) fn is_of_connection(state: &State, event: &Event) -> bool {
    match event.name {
        EventName::TransactionNew | EventName::TransactionUpdated | EventName::TransactionDeleted => true,
        EventName::ConnectionUpdated => {
            state.connection.as_ref().is_some_and(|connection| connection.dirty != Dirty::No)
        }
        EventName::BalanceUpdated | EventName::SyncComplete => false,
    }
}
