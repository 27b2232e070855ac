//! A plan under construction.
//!
//! Owns what every rule adds to: the state, the events with their numbers, the calls. Must not know a rule: each kind
//! of change has its own file.

use wire::EventName;
use wire::events::Stamp;

use crate::context::Context;
use crate::event;
use crate::plan::Plan;
use crate::state::{AccountState, State};

/// A plan under construction.
pub(crate) struct Planning<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) plan: Plan,
}

impl<'a> Planning<'a> {
    pub(crate) fn new(context: &'a Context<'a>, state: State) -> Self {
        Self { context, plan: Plan { state, ..Plan::default() } }
    }

    /// Appends the user's next event, and returns its number.
    pub(crate) fn emit<P: serde::Serialize>(&mut self, name: EventName, payload: impl FnOnce(Stamp) -> P) -> u64 {
        self.plan.state.seq += 1;
        let seq = self.plan.state.seq;
        let payload = payload(event::stamp(self.context, seq));
        self.plan.events.push(event::event(seq, name, &payload));
        seq
    }

    /// Appends the event of a transaction's newest revision, and returns its number. `is_of_row`: the payload contains
    /// only the row.
    pub(crate) fn emit_revision<P: serde::Serialize>(
        &mut self,
        name: EventName,
        key: (String, String),
        is_of_row: bool,
        payload: impl FnOnce(Stamp) -> P,
    ) -> u64 {
        let seq = self.emit(name, payload);
        if let Some(event) = self.plan.events.last_mut() {
            (event.of_transaction, event.is_of_row) = (Some(key), is_of_row);
        }
        seq
    }

    /// Marks that a transaction's row now says more than the event of its newest revision, which may be one of this
    /// plan.
    pub(crate) fn outgrow(&mut self, seq: u64) {
        if let Some(event) = self.plan.events.iter_mut().find(|event| event.seq == seq) {
            event.is_of_row = false;
        }
    }

    /// The revision of a new transaction in an account.
    pub(crate) fn first_revision(&self, account_id: &str) -> u32 {
        self.plan.state.accounts.get(account_id).map_or(1, |account| account.first_revision.max(1))
    }

    /// The connection's status.
    pub(crate) fn status(&self) -> Option<String> {
        self.plan.state.connection.as_ref().map(|connection| connection.status.clone())
    }

    /// An account; an unknown one is added.
    pub(crate) fn account(&mut self, account_id: &str) -> &mut AccountState {
        self.plan.state.accounts.entry(account_id.to_owned()).or_insert_with(AccountState::unknown)
    }
}
