//! Which transaction a report is about.
//!
//! Owns the ids: a transaction keeps the first id under which the provider reported it, even if the provider changes
//! it. Must not apply a report: `transaction` does.

use crate::change::NewTransaction;
use crate::planning::Planning;
use crate::recency::Recency;
use crate::state::{Key, State, StoredTransaction};

/// Where a report is stored.
pub(crate) struct Place {
    /// The key under which the transaction is stored: its own, or that of the pending one that it replaces.
    pub(crate) key: Key,
    /// What to do with the pending transaction that it names.
    pub(crate) predecessor: Predecessor,
}

/// What to do with the pending transaction that a report names as its predecessor.
pub(crate) enum Predecessor {
    /// Nothing: there is none, it is the same transaction, or it is already gone.
    Settled,
    /// Both it and its successor were reported as separate transactions: delete it.
    ReportedBeside,
    /// It was never reported, and must not be from now on.
    NeverReported(Key),
}

/// Where a report is stored.
pub(crate) fn place(state: &State, new: &NewTransaction) -> Place {
    let own = state.key_of(&new.account_id, &new.transaction_id);
    if state.live(&own).is_none()
        && let Some(id) = new.predecessor.as_deref()
    {
        let former = state.key_of(&new.account_id, id);
        if state.live(&former).is_some_and(|pending| pending.provider_id() == id) {
            return Place { key: former, predecessor: Predecessor::Settled };
        }
    }
    Place { key: own, predecessor: predecessor(state, new) }
}

/// What to do with the pending transaction that a report names, if the report is stored under its own key.
pub(crate) fn predecessor(state: &State, new: &NewTransaction) -> Predecessor {
    let Some(id) = new.predecessor.as_deref() else { return Predecessor::Settled };
    let former = state.key_of(&new.account_id, id);
    if former == state.key_of(&new.account_id, &new.transaction_id) {
        return Predecessor::Settled;
    }
    match state.live(&former) {
        Some(pending) if pending.provider_id() == id => Predecessor::ReportedBeside,
        None if !state.transactions.contains_key(&former) => Predecessor::NeverReported(former),
        _ => Predecessor::Settled,
    }
}

/// Whether a report names a transaction by an id that the provider has since replaced.
fn names_former_id(stored: &StoredTransaction, new: &NewTransaction) -> bool {
    let newest = stored.provider_id();
    new.transaction_id != newest && new.predecessor.as_deref() != Some(newest)
}

/// Whether a delivery was overtaken by the transaction's newest id, unless its version says otherwise. A service that
/// pushes knows only the first id.
pub(crate) fn is_overtaken(
    planning: &Planning<'_>,
    stored: &StoredTransaction,
    new: &NewTransaction,
    recency: Recency,
) -> bool {
    let context = planning.context;
    let is_of_now = context.is_pushed || context.is_fetched || recency.has_later_version_than(stored.recency);
    names_former_id(stored, new) && !is_of_now
}

/// The provider's newest id of a transaction after a report of it, if that differs from the first. The provider's lists
/// now have that id; other reports may still have a former one.
pub(crate) fn newest_id(planning: &Planning<'_>, new: &NewTransaction, before: &StoredTransaction) -> Option<String> {
    let transaction = &before.transaction;
    if names_former_id(before, new) && !planning.context.is_fetched {
        return transaction.provider_transaction_id.clone();
    }
    (new.transaction_id != transaction.transaction_id).then(|| new.transaction_id.clone())
}
