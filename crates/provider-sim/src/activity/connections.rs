//! The activity at people's banks, as Basiq and Plaid report it.
//!
//! Owns reporting each step: by a refresh, by an update. Must not decide about the spending.

use std::sync::Arc;

use super::Activity;
use super::spending::Spending;
use crate::bank::{Bank, Connection, ConnectionStatus};
use crate::basiq::Basiq;
use crate::ids::Ids;
use crate::plaid::Plaid;

/// The activity at the connections of a user of Basiq.
#[derive(Debug)]
pub(crate) struct AtBasiq {
    pub(crate) basiq: Arc<Basiq>,
    pub(crate) user: String,
    person: Spender,
}

/// The activity at the items of a user of Plaid.
pub(crate) struct AtPlaid {
    pub(crate) plaid: Arc<Plaid>,
    pub(crate) user: String,
    person: Spender,
}

/// A person with several connections.
#[derive(Debug)]
struct Spender {
    random: Ids,
    spending: Spending,
}

impl Spender {
    fn new(seed: u64) -> Self {
        Self { random: Ids::new(seed), spending: Spending::new(seed ^ 0x0073_7065_6e64) }
    }

    /// Makes a change at one of the working connections, and returns its id.
    fn step(&mut self, bank: &mut Bank, user: &str, now: jiff::Timestamp) -> Option<String> {
        let active = bank.connections(Some(user)).filter(|known| known.status == ConnectionStatus::Active);
        let mut active: Vec<Connection> = active.cloned().collect();
        let last = i64::try_from(active.len()).ok()? - 1;
        let chosen = usize::try_from(self.random.between(0, last)).ok().filter(|index| *index < active.len())?;
        let chosen = active.swap_remove(chosen);
        self.spending.step(bank, &chosen.accounts, now).ok()?;
        Some(chosen.id)
    }
}

impl AtBasiq {
    pub(crate) fn new(basiq: Arc<Basiq>, user: String, seed: u64) -> Self {
        Self { basiq, user, person: Spender::new(seed) }
    }
}

impl AtPlaid {
    pub(crate) fn new(plaid: Arc<Plaid>, user: String, seed: u64) -> Self {
        Self { plaid, user, person: Spender::new(seed) }
    }
}

impl Activity for AtBasiq {
    fn step(&mut self) {
        let Self { basiq, user, person } = self;
        if let Some(connection) = basiq.bank(|bank, now| person.step(bank, user, now)) {
            let _gone = basiq.refresh(&connection);
        }
    }
}

impl Activity for AtPlaid {
    fn step(&mut self) {
        let Self { plaid, user, person } = self;
        if let Some(item) = plaid.bank(|bank, now| person.step(bank, user, now)) {
            let _gone = plaid.update(&item);
        }
    }
}
