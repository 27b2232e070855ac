//! A server that fetches from the bank, reduced to the ledger.
//!
//! Owns the state and the announcements, and counts the errors. Must not pair anything itself.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    Absence, Change, Context, Dated, Key, Plan, Remainder, State, StoredTransaction, TransactionState, Update, When,
    apply, reconcile, waits_for_end,
};
use wire::{DatePrecision, EventName, TransactionStatus};

use crate::bank::{Row, Shown};

/// The errors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors {
    /// Transactions announced as new though their purchases had been announced.
    pub told_twice: usize,
    /// Transactions that passed from one purchase to another.
    pub merged: usize,
    /// Purchases that were never announced as new.
    pub untold: usize,
    /// Purchases that were stored twice after a run.
    pub stored_twice: usize,
    /// Runs after which the stored rows differed from the bank's list.
    pub incomplete: usize,
}

/// Twins, by their purchase as first listed.
#[derive(Default)]
struct Twins {
    purchases: BTreeSet<usize>,
    told: usize,
}

pub struct Server {
    state: State,
    /// What each stored transaction was after the last run.
    stored: BTreeMap<Key, Shown>,
    twins: BTreeMap<Shown, Twins>,
    errors: Errors,
}

impl Server {
    pub fn new() -> Self {
        let state = ledger::register(&Context::example(), State::default(), None, &[]).state;
        Self { state, stored: BTreeMap::new(), twins: BTreeMap::new(), errors: Errors::default() }
    }

    pub fn errors(&self) -> Errors {
        let told_twice = self.twins.values().map(|twins| twins.told.saturating_sub(twins.purchases.len())).sum();
        let untold = self.twins.values().map(|twins| twins.purchases.len().saturating_sub(twins.told)).sum();
        Errors { told_twice, untold, ..self.errors }
    }

    /// Runs a sync over the bank's list.
    pub fn run(&mut self, list: &BTreeMap<String, Row>) {
        let context = Context { is_fetched: true, ..Context::example() };
        let changes: Vec<Change> = list.iter().map(|(id, row)| change(id, row)).collect();
        let named: BTreeSet<Key> = changes.iter().filter_map(|change| self.known(change)).collect();
        let unnamed: BTreeSet<Key> = self.live().map(|(key, _)| key).filter(|key| !named.contains(key)).collect();
        let is_pending = |key: &Key| self.state.live(key).is_some_and(StoredTransaction::is_pending);
        let has_unnamed_pending = unnamed.iter().any(is_pending);
        let (held_back, at_once): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| waits_for_end(&self.state, change, has_unnamed_pending));
        self.take(list, |state| apply(&context, state, &at_once));
        let remainder = Remainder {
            unnamed: &unnamed,
            withdrawn: &BTreeSet::new(),
            held_back: &held_back,
            absence: Absence::OfPendingMeansGone,
        };
        self.take(list, |state| reconcile(&context, state, &remainder));
        self.take(list, |state| apply(&context, state, &held_back));
        self.compare(list);
        // An id that is no longer listed, or was deleted, does not appear again.
        self.state.transactions.retain(|_, state| match state {
            TransactionState::Live(stored) => stored.is_pending() || list.contains_key(stored.provider_id()),
            TransactionState::Deleted(_) => false,
        });
    }

    /// Applies a plan, and checks its announcements.
    fn take(&mut self, list: &BTreeMap<String, Row>, plan: impl FnOnce(State) -> Plan) {
        let Plan { state, events, .. } = plan(std::mem::take(&mut self.state));
        self.state = state;
        for event in events {
            if event.name == EventName::TransactionNew {
                let key = event.of_transaction.unwrap();
                let row = &list[self.state.live(&key).unwrap().provider_id()];
                self.twins.entry(row.first.clone()).or_default().told += 1;
            }
        }
    }

    /// Compares the stored rows with the bank's list.
    fn compare(&mut self, list: &BTreeMap<String, Row>) {
        for row in list.values() {
            self.twins.entry(row.first.clone()).or_default().purchases.insert(row.purchase);
        }
        let (mut now, mut purchases, mut unlisted) = (BTreeMap::new(), BTreeSet::new(), 0);
        for (key, stored) in self.live() {
            match list.get(stored.provider_id()) {
                Some(row) => {
                    purchases.insert(row.purchase);
                    now.insert(key, row.first.clone());
                }
                None => unlisted += usize::from(stored.is_pending()),
            }
        }
        let has_passed = |(key, first): &(&Key, &Shown)| self.stored.get(*key).is_some_and(|before| before != *first);
        self.errors.merged += now.iter().filter(has_passed).count();
        self.errors.stored_twice += now.len() - purchases.len();
        self.errors.incomplete += usize::from(now.len() != list.len() || unlisted > 0);
        self.stored.extend(now);
    }

    fn live(&self) -> impl Iterator<Item = (Key, &StoredTransaction)> {
        self.state.transactions.iter().filter_map(|(key, state)| match state {
            TransactionState::Live(stored) => Some((key.clone(), &**stored)),
            TransactionState::Deleted(_) => None,
        })
    }

    fn known(&self, change: &Change) -> Option<Key> {
        let (account_id, id) = change.transaction()?;
        let key = self.state.key_of(account_id, id);
        self.state.live(&key).map(|_| key)
    }
}

fn change(id: &str, row: &Row) -> Change {
    let cents = row.shown.cents.abs();
    let mut change = Change::example(id, &format!("-{}.{:02}", cents / 100, cents % 100));
    if let Update::Transaction(new) = &mut change.update {
        let day = jiff::civil::date(2026, 1, 1) + jiff::Span::new().days(row.shown.day);
        new.date = Dated::At(When { date: format!("{day}T00:00:00Z"), precision: DatePrecision::Day });
        new.description.clone_from(&row.shown.text);
        new.status = Some(if row.is_pending { TransactionStatus::Pending } else { TransactionStatus::Posted });
    }
    change
}
