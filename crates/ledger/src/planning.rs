//! A plan that is being made.
//!
//! Owns what every rule adds to: the state, the events with their numbers, the calls. Must not know a rule: each kind of
//! change has a file of its own.

use wire::EventName;
use wire::events::Stamp;

use crate::context::Context;
use crate::event::{self, Event};
use crate::plan::Plan;
use crate::state::{AccountState, State};

/// A plan that is being made.
pub(crate) struct Planning<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) plan: Plan,
}

impl<'a> Planning<'a> {
    pub(crate) fn new(context: &'a Context<'a>, state: State) -> Self {
        Self { context, plan: Plan { state, ..Plan::default() } }
    }

    /// Appends the user's next event; its number.
    pub(crate) fn emit<P: serde::Serialize>(
        &mut self,
        name: EventName,
        of_transaction: Option<(String, String)>,
        payload: impl FnOnce(Stamp) -> P,
    ) -> u64 {
        self.plan.state.seq += 1;
        let seq = self.plan.state.seq;
        let payload = payload(event::stamp(self.context, seq));
        self.plan.events.push(Event { of_transaction, ..event::event(seq, name, &payload) });
        seq
    }

    /// An account, one that is not stored yet where it is not known.
    pub(crate) fn account(&mut self, account_id: &str) -> &mut AccountState {
        self.plan.state.accounts.entry(account_id.to_owned()).or_insert_with(AccountState::unknown)
    }
}
