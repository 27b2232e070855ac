//! The end of a run.
//!
//! Owns which reports of a run wait for its end, and what happens to stored transactions that the run has not listed.
//! Must not know how a provider is called, or which pages a run had.
//!
//! A run lists the provider's rows. A report of an unknown transaction waits while it may be a pending one under
//! another id. Once the run is complete, [`reconcile`] pairs and deletes; the waiting reports are then applied like any
//! other, with the paired transactions known.

use std::collections::{BTreeMap, BTreeSet};

use wire::TransactionStatus;

use crate::absence::Absence;
use crate::change::{Change, Dated, NewTransaction, Update};
use crate::context::Context;
use crate::matching::{Unlinked, match_unlinked};
use crate::plan::Plan;
use crate::planning::Planning;
use crate::recency::Recency;
use crate::state::{Key, State, StoredTransaction};
use crate::{deletion, transaction};

/// The input of a run's end, with its last page.
#[derive(Clone, Copy, Debug)]
pub struct Remainder<'a> {
    /// Stored transactions of the connection that the run has not listed.
    pub unnamed: &'a BTreeSet<Key>,
    /// Those of them that the run itself announced before it had to restart: no other report will delete them.
    pub withdrawn: &'a BTreeSet<Key>,
    /// The changes that wait for the end.
    pub held_back: &'a [Change],
    /// The meaning of absence from the lists.
    pub absence: Absence,
}

/// Whether a change that a run reports waits for its end, when it may turn out to be a different one.
/// `has_unnamed_pending` says of an account whether it has stored pending transactions that the run has not listed so
/// far.
pub fn waits_for_end(state: &State, change: &Change, has_unnamed_pending: bool) -> bool {
    match &change.update {
        Update::Transaction(new) => has_unnamed_pending && is_unlinked(state, new),
        // A later page may say what replaces it.
        Update::TransactionDeleted { .. } => deleted_pending(state, change).is_some(),
        Update::Account(_) | Update::ConnectionStatus(_) => false,
    }
}

/// Pairs waiting reports with the pending transactions that the run has not listed, and deletes those that are gone.
/// The state holds the unlisted transactions and the rows that the changes affect.
pub fn reconcile(context: &Context<'_>, state: State, remainder: &Remainder<'_>) -> Plan {
    let context = Context { is_fetched: true, ..*context };
    let mut planning = Planning::new(&context, state);
    let gone = gone(&planning, remainder);
    let replaced = pair(&mut planning, &gone, remainder.held_back);
    let recency = Recency { version: None, arrival: context.arrival };
    for key in gone.difference(&replaced) {
        if let Some(stored) = planning.plan.state.live(key) {
            let id = stored.provider_id().to_owned();
            deletion::delete(&mut planning, &key.0, &id, recency);
        }
    }
    planning.plan
}

/// The transactions that are no longer listed, by their ids.
fn gone(planning: &Planning<'_>, remainder: &Remainder<'_>) -> BTreeSet<Key> {
    let is_gone = |key: &&Key| {
        let Some(stored) = planning.plan.state.live(key) else { return false };
        let is_withdrawn = remainder.withdrawn.contains(*key);
        // The run could not have listed what arrived after it began.
        stored.recency.arrival <= planning.context.arrival
            && (is_withdrawn || remainder.absence.means_gone(&stored.transaction))
    };
    remainder.unnamed.iter().filter(is_gone).cloned().collect()
}

/// Gives pending transactions their current ids and values, and returns their keys.
fn pair(planning: &mut Planning<'_>, gone: &BTreeSet<Key>, held_back: &[Change]) -> BTreeSet<Key> {
    let state = &planning.plan.state;
    let mut pending: BTreeMap<&str, BTreeMap<&Key, &StoredTransaction>> = BTreeMap::new();
    let deleted: BTreeSet<Key> = held_back.iter().filter_map(|change| deleted_pending(state, change)).collect();
    for key in gone.union(&deleted) {
        if let Some(stored) = state.live(key).filter(|stored| stored.is_pending()) {
            pending.entry(&key.0).or_default().insert(key, stored);
        }
    }
    let pairs = pending.into_iter().flat_map(|(account_id, pending)| {
        let pending: Vec<_> = pending.into_iter().collect();
        pairs_of_account(state, account_id, &pending, held_back)
    });
    let pairs: Vec<_> = pairs.collect();
    let mut replaced = BTreeSet::new();
    for Pair { key, new, version } in pairs {
        let recency = Recency { version, arrival: planning.context.arrival };
        transaction::replace(planning, key.clone(), new, recency);
        replaced.insert(key);
    }
    replaced
}

/// A stored transaction and its new report.
struct Pair<'a> {
    key: Key,
    new: &'a NewTransaction,
    version: Option<i64>,
}

fn pairs_of_account<'a>(
    state: &State,
    account_id: &str,
    pending: &[(&Key, &StoredTransaction)],
    held_back: &'a [Change],
) -> Vec<Pair<'a>> {
    // A page fetched while rows are being added may repeat some of the previous one.
    let mut unknown: BTreeMap<&str, (&NewTransaction, Option<i64>)> = BTreeMap::new();
    for change in held_back {
        if let Update::Transaction(new) = &change.update
            && new.account_id == account_id
            && is_unlinked(state, new)
        {
            unknown.insert(&new.transaction_id, (new, change.version));
        }
    }
    let unknown: Vec<_> = unknown.into_values().collect();
    let stored = pending.iter().map(|(_, stored)| Unlinked {
        date: &stored.transaction.date,
        amount: stored.transaction.amount,
        text: &stored.transaction.description,
        id: stored.provider_id(),
        is_posted: false,
    });
    let reported = unknown.iter().map(|(new, _)| Unlinked {
        date: date_of(new),
        amount: new.amount,
        text: &new.description,
        id: &new.transaction_id,
        is_posted: new.status == Some(TransactionStatus::Posted),
    });
    let matching = match_unlinked(&stored.collect::<Vec<_>>(), &reported.collect::<Vec<_>>());
    let pair = |(one, other): (usize, usize)| {
        let (new, version) = unknown[other];
        Pair { key: pending[one].0.clone(), new, version }
    };
    matching.pairs.into_iter().map(pair).collect()
}

/// Whether a reported transaction is unknown and no id links it to a known one. A transaction without a status was
/// never pending.
fn is_unlinked(state: &State, new: &NewTransaction) -> bool {
    let is_known = |id: &str| state.transactions.contains_key(&state.key_of(&new.account_id, id));
    new.status.is_some() && !is_known(&new.transaction_id) && !new.predecessor.as_deref().is_some_and(is_known)
}

/// The stored pending transaction that a change deletes.
fn deleted_pending(state: &State, change: &Change) -> Option<Key> {
    let Update::TransactionDeleted { transaction_id, account_id } = &change.update else { return None };
    let key = state.key_of(account_id, transaction_id);
    let stored = state.live(&key)?;
    (stored.is_pending() && stored.provider_id() == transaction_id).then_some(key)
}

fn date_of(new: &NewTransaction) -> &str {
    match &new.date {
        Dated::At(when) | Dated::Reported(when) => &when.date,
        Dated::Unknown => "",
    }
}
