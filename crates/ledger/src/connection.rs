//! Connections: registered, changed, synchronised, removed, linked again.
//!
//! Owns the connection's state and what is told of it. Must not decide who may do any of it.

use wire::EventName;
use wire::events::{ConnectionUpdated, SyncComplete, SyncStats};

use crate::apply::Applying;
use crate::change::AccountUpdate;
use crate::context::Context;
use crate::plan::Plan;
use crate::recency::Recency;
use crate::state::{ConnectionState, Dirty, State, TransactionState};

impl Applying<'_> {
    /// Sets the connection's own state, and tells of it where it changed.
    pub(crate) fn set_status(&mut self, status: &str, recency: Recency) {
        let Some(connection) = &mut self.plan.state.connection else { return };
        if recency.is_older_than(connection.recency) {
            self.plan.applied.stale += 1;
            return;
        }
        let advanced = connection.recency.advanced_to(recency);
        if advanced.version != connection.recency.version {
            connection.dirty.touch();
        }
        connection.recency = advanced;
        if connection.status != status {
            status.clone_into(&mut connection.status);
            connection.dirty.touch();
            self.tell_status(status);
        }
    }

    fn tell_status(&mut self, status: &str) {
        let (connection_id, connector_id) = (self.context.connection_id, &self.context.connector.id);
        let (connection_id, connector_id) = (connection_id.to_owned(), connector_id.to_string());
        self.tell(EventName::ConnectionUpdated, None, |stamp| {
            ConnectionUpdated::new(stamp, connection_id, connector_id, status.to_owned())
        });
    }
}

/// A connection is registered or changed by the core app: what is known of it, and of its accounts.
pub fn register(context: &Context<'_>, state: State, status: Option<&str>, accounts: &[AccountUpdate]) -> Plan {
    let mut applying = Applying::new(context, state);
    let recency = Recency { version: None, arrival: context.arrival };
    match (&applying.plan.state.connection, status) {
        (None, status) => {
            let status = status.unwrap_or("active");
            let connection = ConnectionState { status: status.to_owned(), recency, dirty: Dirty::New };
            applying.plan.state.connection = Some(connection);
            applying.tell_status(status);
        }
        (Some(_), Some(status)) => applying.set_status(status, recency),
        (Some(_), None) => {}
    }
    for account in accounts {
        applying.update_account(account, recency);
    }
    applying.plan
}

/// A connection is removed; its owner is told.
pub fn remove(context: &Context<'_>, state: State) -> Plan {
    let mut applying = Applying::new(context, state);
    applying.plan.state.connection = None;
    applying.tell_status("deleted");
    applying.plan
}

/// A connection has been synchronised; its owner is told.
pub fn synced(context: &Context<'_>, state: State, stats: SyncStats) -> Plan {
    let mut applying = Applying::new(context, state);
    let connection_id = context.connection_id.to_owned();
    applying.tell(EventName::SyncComplete, None, |stamp| SyncComplete::new(stamp, connection_id, stats));
    applying.plan
}

/// Transactions are deleted with their connection, on request: their owner and the core app are told of each.
pub fn purge(context: &Context<'_>, state: State) -> Plan {
    let mut applying = Applying::new(context, state);
    for state in std::mem::take(&mut applying.plan.state.transactions).into_values() {
        if let TransactionState::Live(stored) = state {
            applying.plan.applied.updated += 1;
            applying.tell_deletion(&stored.transaction);
        }
    }
    applying.plan
}

/// Accounts were linked again, over the connection of the context: their transactions move to it, and each is told as
/// an update.
pub fn relink(context: &Context<'_>, state: State) -> Plan {
    let mut applying = Applying::new(context, state);
    let elsewhere = applying.plan.state.transactions.iter().filter_map(|(key, state)| match state {
        TransactionState::Live(stored) if stored.transaction.connection_id != context.connection_id => {
            Some(key.clone())
        }
        _ => None,
    });
    for key in elsewhere.collect::<Vec<_>>() {
        let Some(TransactionState::Live(stored)) = applying.plan.state.transactions.remove(&key) else { continue };
        let mut transaction = stored.transaction;
        let former = std::mem::replace(&mut transaction.connection_id, context.connection_id.to_owned());
        transaction.revision += 1;
        let mut dirty = stored.dirty;
        dirty.touch();
        applying.plan.applied.updated += 1;
        applying.take(EventName::TransactionUpdated, key, transaction, stored.recency, dirty, Some(former));
    }
    applying.plan
}
