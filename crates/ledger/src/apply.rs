//! Turns changes into rows, events and calls.
//!
//! Owns the order: changes are applied one by one, each to the result of the previous ones. Must not know the rules:
//! each kind of change has its own file.

use crate::change::{Change, Update};
use crate::context::Context;
use crate::plan::Plan;
use crate::planning::Planning;
use crate::recency::Recency;
use crate::state::State;
use crate::{account, connection, deletion, transaction};

/// Applies a connection's changes in order to the stored state of the affected rows.
pub fn apply(context: &Context<'_>, state: State, changes: &[Change]) -> Plan {
    let mut planning = Planning::new(context, state);
    for change in changes {
        let recency = Recency { version: change.version, arrival: context.arrival };
        match &change.update {
            Update::Transaction(new) => transaction::put(&mut planning, new, recency),
            Update::TransactionDeleted { transaction_id, account_id } => {
                deletion::delete(&mut planning, account_id, transaction_id, recency);
            }
            Update::Account(update) => account::update(&mut planning, update, recency),
            Update::ConnectionStatus(status) => connection::set_status(&mut planning, status, recency),
        }
    }
    planning.plan
}
