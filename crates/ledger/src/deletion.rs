//! Deletions and their tombstones.
//!
//! Owns which report may restore a deleted transaction. Must not apply a report of a transaction.

use wire::events::TransactionDeleted;
use wire::{EventName, Transaction};

use crate::change::NewTransaction;
use crate::context::Context;
use crate::outgoing::Outgoing;
use crate::planning::Planning;
use crate::recency::Recency;
use crate::state::{Dirty, Key, StoredTransaction, Tombstone, TransactionState};

/// Deletes a transaction. A tombstone stays even if the transaction was never stored: its report may still arrive.
pub(crate) fn delete(planning: &mut Planning<'_>, account_id: &str, transaction_id: &str, recency: Recency) {
    // The account may still be unknown: its row keeps the place of the deletion.
    planning.account(account_id);
    let key = planning.plan.state.key_of(account_id, transaction_id);
    let tombstone = match planning.plan.state.take(&key) {
        None => Tombstone { recency, revision: 0, dirty: Dirty::New },
        Some(TransactionState::Deleted(mut tombstone)) => {
            let advanced = tombstone.recency.deleted_at(recency);
            if advanced != tombstone.recency {
                tombstone.dirty.touch();
            }
            Tombstone { recency: advanced, ..tombstone }
        }
        Some(TransactionState::Live(stored))
            if recency.is_older_than(stored.recency) || is_of_predecessor(planning, &stored, transaction_id) =>
        {
            planning.plan.applied.stale += 1;
            planning.plan.state.insert(key, TransactionState::Live(stored));
            return;
        }
        Some(TransactionState::Live(stored)) => {
            planning.plan.applied.updated += 1;
            delete_event(planning, &stored.transaction);
            let tombstone = Tombstone {
                recency: stored.recency.deleted_at(recency),
                revision: stored.transaction.revision + 1,
                dirty: Dirty::New,
            };
            if let Some(newest) = stored.transaction.provider_transaction_id {
                entomb(planning, (account_id.to_owned(), newest), tombstone);
            }
            tombstone
        }
    };
    planning.plan.state.insert(key, TransactionState::Deleted(tombstone));
}

/// Whether a deletion is about the pending transaction that a stored one has replaced. A service that pushes knows only
/// the first id.
fn is_of_predecessor(planning: &Planning<'_>, stored: &StoredTransaction, transaction_id: &str) -> bool {
    stored.provider_id() != transaction_id && !planning.context.is_pushed
}

/// Stores a deletion under another id as well: the transaction's report may arrive under either.
pub(crate) fn entomb(planning: &mut Planning<'_>, key: Key, tombstone: Tombstone) {
    let before = match planning.plan.state.transactions.get(&key) {
        Some(TransactionState::Deleted(before)) => before.revision,
        _ => 0,
    };
    let revision = tombstone.revision.max(before);
    planning.plan.state.insert(key, TransactionState::Deleted(Tombstone { revision, ..tombstone }));
}

pub(crate) fn delete_event(planning: &mut Planning<'_>, transaction: &Transaction) {
    let Transaction { transaction_id, connector_id, connection_id, account_id, .. } = transaction.clone();
    planning.emit(EventName::TransactionDeleted, |stamp| {
        TransactionDeleted::new(stamp, transaction_id, connector_id, connection_id, account_id)
    });
    if planning.context.forwards {
        planning.plan.outgoing.push(Outgoing::delete(transaction));
    }
}

/// How recent the deletion is, if a transaction was deleted and a report does not restore it. A report that may be
/// delayed does not.
pub(crate) fn stays_deleted(planning: &Planning<'_>, new: &NewTransaction, recency: Recency) -> Option<Recency> {
    let state = &planning.plan.state;
    let deleted = |id: &str| match state.transactions.get(&state.key_of(&new.account_id, id))? {
        TransactionState::Deleted(tombstone) => Some(tombstone.recency),
        TransactionState::Live(_) => None,
    };
    if let Some(deleted) = deleted(&new.transaction_id) {
        let Context { is_pushed, is_fetched, .. } = *planning.context;
        let is_of_now = is_pushed || (is_fetched && !recency.is_older_than(deleted));
        return Some(deleted).filter(|_| !(is_of_now || recency.has_later_version_than(deleted)));
    }
    // A successor of a transaction that has since been deleted is deleted as well.
    let is_known = state.live(&state.key_of(&new.account_id, &new.transaction_id)).is_some();
    let predecessor = new.predecessor.as_deref().filter(|_| !is_known).and_then(deleted);
    predecessor.filter(|deleted| recency.is_older_than(*deleted))
}
