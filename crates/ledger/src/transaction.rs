//! Transactions: new, updated, restored.
//!
//! Owns which report of a transaction counts, its revisions, its events and its calls. Must not know accounts beyond
//! their currency.

use wire::events::TransactionEvent;
use wire::{Currency, DatePrecision, EventName, Transaction, TransactionStatus};

use crate::change::{Dated, NewTransaction, When};
use crate::deletion::{self, entomb};
use crate::identity::{self, Place, Predecessor};
use crate::outgoing::Outgoing;
use crate::planning::Planning;
use crate::recency::Recency;
use crate::state::{Dirty, Key, StoredTransaction, Tombstone, TransactionState};

/// Applies a report of a transaction.
pub(crate) fn put(planning: &mut Planning<'_>, new: &NewTransaction, recency: Recency) {
    let currency = currency_of(planning, new, recency);
    if let Some(gone) = deletion::stays_deleted(planning, new, recency) {
        planning.plan.applied.stale += 1;
        settle(planning, new, identity::predecessor(&planning.plan.state, new), gone);
        return;
    }
    let Place { key, predecessor } = identity::place(&planning.plan.state, new);
    settle(planning, new, predecessor, recency);
    match planning.plan.state.take(&key) {
        None => take_new(planning, key, named(planning, new, currency, None), recency, Dirty::New),
        Some(TransactionState::Deleted(tombstone)) => {
            let transaction = named(planning, new, currency, None);
            let revision = transaction.revision.max(tombstone.revision + 1);
            let transaction = Transaction { revision, ..transaction };
            take_new(planning, key, transaction, recency, Dirty::New);
        }
        Some(TransactionState::Live(stored)) if identity::is_overtaken(planning, &stored, new, recency) => {
            planning.plan.applied.stale += 1;
            planning.plan.state.insert(key, TransactionState::Live(stored));
        }
        Some(TransactionState::Live(stored)) => {
            let before = stored.transaction.provider_transaction_id.clone();
            let transaction = named(planning, new, currency, Some(&stored));
            take_update(planning, key.clone(), *stored, transaction, recency);
            let replaced = before.filter(|before| new.predecessor.as_ref() == Some(before));
            forget_id(planning, &key, replaced, recency);
        }
    }
}

/// Replaces a stored transaction with a report that came under an unknown id.
pub(crate) fn replace(planning: &mut Planning<'_>, key: Key, new: &NewTransaction, recency: Recency) {
    let currency = currency_of(planning, new, recency);
    match planning.plan.state.take(&key) {
        Some(TransactionState::Live(stored)) => {
            let transaction = named(planning, new, currency, Some(&stored));
            take_update(planning, key, *stored, transaction, recency);
        }
        Some(deleted @ TransactionState::Deleted(_)) => planning.plan.state.insert(key, deleted),
        None => {}
    }
}

/// Prevents a report under a replaced id that is not the first from being taken for another transaction.
fn forget_id(planning: &mut Planning<'_>, key: &Key, replaced: Option<String>, recency: Recency) {
    let Some(replaced) = replaced else { return };
    if planning.plan.state.live(key).is_some_and(|stored| stored.provider_id() != replaced) {
        entomb(planning, (key.0.clone(), replaced), Tombstone { recency, revision: 0, dirty: Dirty::New });
    }
}

/// Deals with the pending transaction that a report names.
fn settle(planning: &mut Planning<'_>, new: &NewTransaction, predecessor: Predecessor, recency: Recency) {
    match (predecessor, &new.predecessor) {
        (Predecessor::ReportedBeside, Some(id)) => deletion::delete(planning, &new.account_id, id, recency),
        (Predecessor::NeverReported(key), _) => {
            let tombstone = Tombstone { recency, revision: 0, dirty: Dirty::New };
            planning.plan.state.insert(key, TransactionState::Deleted(tombstone));
        }
        (Predecessor::Settled | Predecessor::ReportedBeside, _) => {}
    }
}

fn take_new(planning: &mut Planning<'_>, key: Key, transaction: Transaction, recency: Recency, dirty: Dirty) {
    planning.plan.applied.new += 1;
    take(planning, EventName::TransactionNew, key, transaction, recency, dirty, None);
}

fn take_update(planning: &mut Planning<'_>, key: Key, stored: StoredTransaction, new: Transaction, recency: Recency) {
    let mut stored = stored;
    if recency.is_older_than(stored.recency) || takes_back_a_booking(&stored, &new, recency) {
        planning.plan.applied.stale += 1;
    } else if stored.transaction.same_content(&new) {
        let advanced = stored.recency.advanced_to(recency);
        let is_renamed = new.provider_transaction_id != stored.transaction.provider_transaction_id;
        // An older report must not replace it later.
        if advanced != stored.recency || is_renamed {
            stored.dirty.touch();
        }
        if is_renamed {
            planning.outgrow(stored.changed_seq);
        }
        stored.recency = advanced;
        stored.transaction.provider_transaction_id = new.provider_transaction_id;
    } else {
        planning.plan.applied.updated += 1;
        let mut dirty = stored.dirty;
        dirty.touch();
        let former = &stored.transaction.connection_id;
        let former = (*former != new.connection_id).then(|| former.clone());
        let transaction = Transaction { revision: stored.transaction.revision + 1, ..new };
        let recency = stored.recency.advanced_to(recency);
        return take(planning, EventName::TransactionUpdated, key, transaction, recency, dirty, former);
    }
    planning.plan.state.insert(key, TransactionState::Live(Box::new(stored)));
}

/// Adds a revision: a row, an event and a call to the core app.
pub(crate) fn take(
    planning: &mut Planning<'_>,
    name: EventName,
    key: Key,
    transaction: Transaction,
    recency: Recency,
    dirty: Dirty,
    previous_connection_id: Option<String>,
) {
    let reported = transaction.clone();
    let is_of_row = previous_connection_id.is_none();
    let changed_seq = planning.emit_revision(name, key.clone(), is_of_row, |stamp| {
        TransactionEvent::new(stamp, reported, previous_connection_id)
    });
    if planning.context.forwards {
        planning.plan.outgoing.push(Outgoing::put(&transaction));
    }
    let stored = StoredTransaction { transaction, recency, changed_seq, dirty };
    planning.plan.state.insert(key, TransactionState::Live(Box::new(stored)));
}

/// The transaction's own currency, else its account's, else the connector's.
fn currency_of(planning: &mut Planning<'_>, new: &NewTransaction, recency: Recency) -> Currency {
    let default_currency = planning.context.connector.default_currency;
    let account = planning.account(&new.account_id);
    let currency = new.currency.or(account.currency.value).unwrap_or(default_currency);
    // An account that is known only from a transaction has that transaction's currency.
    if account.currency.value.is_none() {
        account.currency.value = Some(currency);
        account.currency.recency = Recency { version: None, arrival: recency.arrival };
        account.dirty.touch();
    }
    currency
}

/// Whether a report would make a posted transaction pending again. Of two reports with the same version the later one
/// counts, except for that.
fn takes_back_a_booking(stored: &StoredTransaction, new: &Transaction, recency: Recency) -> bool {
    stored.transaction.status == Some(TransactionStatus::Posted)
        && new.status == Some(TransactionStatus::Pending)
        && recency.is_contemporary_of(stored.recency)
}

/// When a transaction happened: its own date, else the stored one, because a later report does not move it; else the
/// time of the event, or of the delivery's arrival.
fn when(planning: &Planning<'_>, date: &Dated, before: Option<&Transaction>) -> When {
    match (date, before) {
        (Dated::At(when), _) | (Dated::Reported(when), None) => when.clone(),
        (Dated::Reported(_) | Dated::Unknown, Some(before)) => {
            When { date: before.date.clone(), precision: before.precision() }
        }
        (Dated::Unknown, None) => {
            When { date: format!("{:.3}", planning.context.arrived), precision: DatePrecision::Instant }
        }
    }
}

/// The transaction with its owner, connector and connection.
fn named(
    planning: &Planning<'_>,
    new: &NewTransaction,
    currency: Currency,
    stored: Option<&StoredTransaction>,
) -> Transaction {
    let context = planning.context;
    let before = stored.map(|stored| &stored.transaction);
    let When { date, precision } = when(planning, &new.date, before);
    // The position in a list does not depend on the time of a change.
    let first_seen_at = match before {
        Some(before) => before.first_seen_at.clone(),
        None => Some(format!("{:.3}", context.now)),
    };
    Transaction {
        transaction_id: before.map_or(&new.transaction_id, |before| &before.transaction_id).clone(),
        provider_transaction_id: stored.and_then(|stored| identity::newest_id(planning, new, stored)),
        account_id: new.account_id.clone(),
        user_id: context.user_id.to_owned(),
        connection_id: context.connection_id.to_owned(),
        amount: new.amount,
        currency,
        date,
        date_precision: Some(precision),
        primary_type: new.primary_type,
        secondary_type: new.secondary_type.clone(),
        description: new.description.clone(),
        original_description: new.original_description.clone(),
        merchant: new.merchant.clone(),
        reference: new.reference.clone(),
        location: new.location.clone(),
        balance: new.balance,
        metadata: new.metadata.clone(),
        source: context.connector.source.to_string(),
        connector_id: context.connector.id.to_string(),
        connector_type: context.connector.connector_type.to_string(),
        category_hint: new.category_hint.clone(),
        tags: new.tags.clone(),
        receipt_url: new.receipt_url.clone(),
        document_url: new.document_url.clone(),
        status: new.status,
        first_seen_at,
        revision: planning.first_revision(&new.account_id),
    }
}
