//! Changes become rows, events and calls.
//!
//! Owns the order: changes are applied one after the other, each to what those before left. Must not know the rules:
//! each kind of change has a file of its own.

use wire::EventName;

use crate::change::{Change, Update};
use crate::context::Context;
use crate::event::{Event, stamp};
use crate::plan::Plan;
use crate::recency::Recency;
use crate::state::State;

/// Applies changes of a connection, in their order, to what is stored of the things they touch.
pub fn apply(context: &Context<'_>, state: State, changes: &[Change]) -> Plan {
    let mut applying = Applying::new(context, state);
    for change in changes {
        let recency = Recency { version: change.version, arrival: context.arrival };
        match &change.update {
            Update::Transaction(new) => applying.put_transaction(new, recency),
            Update::TransactionDeleted { transaction_id, account_id } => {
                applying.delete_transaction(account_id, transaction_id, recency);
            }
            Update::Account(update) => applying.update_account(update, recency),
            Update::ConnectionStatus(status) => applying.set_status(status, recency),
        }
    }
    applying.plan
}

/// A plan that is being made.
pub(crate) struct Applying<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) plan: Plan,
}

impl<'a> Applying<'a> {
    pub(crate) fn new(context: &'a Context<'a>, state: State) -> Self {
        Self { context, plan: Plan { state, ..Plan::default() } }
    }

    /// Appends the user's next event; its number.
    pub(crate) fn tell<P: serde::Serialize>(
        &mut self,
        name: EventName,
        of_transaction: Option<(String, String)>,
        payload: impl FnOnce(wire::events::Stamp) -> P,
    ) -> u64 {
        self.plan.state.seq += 1;
        let seq = self.plan.state.seq;
        let payload = payload(stamp(self.context, seq));
        self.plan.events.push(Event { of_transaction, ..crate::event::event(seq, name, &payload) });
        seq
    }
}
