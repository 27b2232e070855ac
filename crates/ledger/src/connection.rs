//! Connections: registered, changed, synchronised, removed, linked again.
//!
//! Owns the connection's state and its events. Must not decide who may do any of it.

use wire::events::{ConnectionUpdated, SyncComplete, SyncStats};
use wire::{EventName, SyncError, SyncErrorKind};

use crate::change::AccountUpdate;
use crate::context::Context;
use crate::plan::Plan;
use crate::planning::Planning;
use crate::recency::Recency;
use crate::state::{ConnectionState, Dirty, State, TransactionState};
use crate::{account, deletion, transaction};

/// Sets the connection's own state, and emits it if it changed.
pub(crate) fn set_status(planning: &mut Planning<'_>, status: &str, recency: Recency) {
    if advance_status(planning, status, recency) {
        emit_status(planning, status, None);
    }
}

/// Sets the connection's own state; `true` if it changed.
fn advance_status(planning: &mut Planning<'_>, status: &str, recency: Recency) -> bool {
    let Some(connection) = &mut planning.plan.state.connection else { return false };
    if recency.is_older_than(connection.recency) {
        planning.plan.applied.stale += 1;
        return false;
    }
    let advanced = connection.recency.advanced_to(recency);
    if advanced != connection.recency {
        connection.dirty.touch();
    }
    connection.recency = advanced;
    if connection.status == status {
        return false;
    }
    status.clone_into(&mut connection.status);
    connection.dirty.touch();
    true
}

fn emit_status(planning: &mut Planning<'_>, status: &str, error: Option<SyncError>) {
    let (connection_id, connector_id) = (planning.context.connection_id, &planning.context.connector.id);
    let (connection_id, connector_id) = (connection_id.to_owned(), connector_id.to_string());
    planning.emit(EventName::ConnectionUpdated, |stamp| {
        ConnectionUpdated::new(stamp, connection_id, connector_id, status.to_owned(), error)
    });
}

/// The status of a connection after a failure; `None` if it does not change.
fn status_after(error: &SyncError) -> Option<&'static str> {
    match error.kind {
        SyncErrorKind::Consent => Some("invalid"),
        SyncErrorKind::Gone => Some("deleted"),
        SyncErrorKind::Temporary | SyncErrorKind::Configuration => None,
    }
}

/// A sync run of the connection failed. Each failure is emitted, with its time and reason; if the user has to act, the
/// connection's status says so as well.
pub fn sync_failed(context: &Context<'_>, state: State, error: &SyncError) -> Plan {
    let mut planning = Planning::new(context, state);
    if let Some(former) = planning.status() {
        let status = status_after(error).map_or_else(|| former.clone(), str::to_owned);
        if status != former {
            advance_status(&mut planning, &status, Recency { version: None, arrival: context.arrival });
        }
        emit_status(&mut planning, &status, Some(error.clone()));
    }
    planning.plan
}

/// The connection's provider answers again after a failure. A status that the failure set is cleared.
pub fn sync_recovered(context: &Context<'_>, state: State, error: &SyncError) -> Plan {
    let mut planning = Planning::new(context, state);
    match planning.status() {
        Some(status) if status_after(error) == Some(status.as_str()) => {
            set_status(&mut planning, "active", Recency { version: None, arrival: context.arrival });
        }
        Some(status) => emit_status(&mut planning, &status, None),
        None => {}
    }
    planning.plan
}

/// The core app registers or changes a connection: its status and its accounts.
pub fn register(context: &Context<'_>, state: State, status: Option<&str>, accounts: &[AccountUpdate]) -> Plan {
    let mut planning = Planning::new(context, state);
    let recency = Recency { version: None, arrival: context.arrival };
    match (&planning.plan.state.connection, status) {
        (None, named) => {
            let status = named.unwrap_or("active");
            // A default status is older than every report.
            let recency = named.map_or(Recency::default(), |_| recency);
            let connection = ConnectionState { status: status.to_owned(), recency, dirty: Dirty::New };
            planning.plan.state.connection = Some(connection);
            emit_status(&mut planning, status, None);
        }
        (Some(_), Some(status)) => set_status(&mut planning, status, recency),
        (Some(_), None) => {}
    }
    for reported in accounts {
        account::update(&mut planning, reported, recency);
    }
    planning.plan
}

/// A connection is removed.
pub fn remove(context: &Context<'_>, state: State) -> Plan {
    let mut planning = Planning::new(context, state);
    planning.plan.state.connection = None;
    emit_status(&mut planning, "deleted", None);
    planning.plan
}

/// A connection has been synchronised.
pub fn synced(context: &Context<'_>, state: State, stats: SyncStats) -> Plan {
    let mut planning = Planning::new(context, state);
    let connection_id = context.connection_id.to_owned();
    planning.emit(EventName::SyncComplete, |stamp| SyncComplete::new(stamp, connection_id, stats));
    planning.plan
}

/// Transactions are deleted with their connection, on request: the owner and the core app are told about each.
pub fn purge(context: &Context<'_>, state: State) -> Plan {
    let mut planning = Planning::new(context, state);
    for state in std::mem::take(&mut planning.plan.state.transactions).into_values() {
        if let TransactionState::Live(stored) = state {
            planning.plan.applied.updated += 1;
            deletion::delete_event(&mut planning, &stored.transaction);
        }
    }
    planning.plan
}

/// Accounts were linked again, over the connection in the context: their transactions move to it, and each is emitted
/// as an update.
pub fn relink(context: &Context<'_>, state: State) -> Plan {
    let mut planning = Planning::new(context, state);
    let elsewhere = planning.plan.state.transactions.iter().filter_map(|(key, state)| match state {
        TransactionState::Live(stored) if stored.transaction.connection_id != context.connection_id => {
            Some(key.clone())
        }
        _ => None,
    });
    for key in elsewhere.collect::<Vec<_>>() {
        let Some(TransactionState::Live(stored)) = planning.plan.state.take(&key) else { continue };
        let mut moved = stored.transaction;
        let former = std::mem::replace(&mut moved.connection_id, context.connection_id.to_owned());
        moved.revision += 1;
        let mut dirty = stored.dirty;
        dirty.touch();
        planning.plan.applied.updated += 1;
        transaction::take(
            &mut planning,
            EventName::TransactionUpdated,
            key,
            moved,
            stored.recency,
            dirty,
            Some(former),
        );
    }
    planning.plan
}
