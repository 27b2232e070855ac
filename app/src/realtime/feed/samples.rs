//! Transactions, snapshots and events for tests.

use wire::api::{Account, CurrencySummary, Snapshot, Summary};
use wire::events::{EventSource, Stamp, TransactionDeleted, TransactionEvent};
use wire::{Amount, Currency, PrimaryType, Transaction, TransactionStatus};

use crate::realtime::event::FeedEvent;

pub(crate) fn transaction(id: &str, date: &str, amount: &str) -> Transaction {
    let amount: Amount = amount.parse().expect("an amount");
    Transaction {
        transaction_id: id.to_owned(),
        provider_transaction_id: None,
        account_id: "everyday".to_owned(),
        user_id: "alex".to_owned(),
        connection_id: "bank".to_owned(),
        amount,
        currency: Currency::AUD,
        date: date.to_owned(),
        date_precision: None,
        primary_type: if amount.is_negative() { PrimaryType::Expense } else { PrimaryType::Income },
        secondary_type: None,
        description: format!("Payment {id}"),
        original_description: None,
        merchant: None,
        reference: None,
        location: None,
        balance: None,
        metadata: None,
        source: "BANK_API".to_owned(),
        connector_id: "basiq".to_owned(),
        connector_type: "bank".to_owned(),
        category_hint: None,
        tags: Vec::new(),
        receipt_url: None,
        document_url: None,
        status: Some(TransactionStatus::Posted),
        first_seen_at: None,
        revision: 1,
    }
}

pub(crate) fn account() -> Account {
    Account {
        account_id: "everyday".to_owned(),
        connector_id: "basiq".to_owned(),
        connection_id: "bank".to_owned(),
        name: "Everyday".to_owned(),
        institution_name: None,
        last_digits: None,
        kind: None,
        currency: Currency::AUD,
        balance: Some(Amount::ZERO),
        available: None,
        updated_at: "2026-11-01T00:00:00Z".to_owned(),
    }
}

/// The server's answer for these transactions, newest first.
pub(crate) fn snapshot(seq: u64, mut transactions: Vec<Transaction>) -> Snapshot {
    transactions.sort_by(|a, b| b.date.cmp(&a.date));
    let sum =
        |wanted: PrimaryType| transactions.iter().filter(|it| it.primary_type == wanted).map(|it| it.amount).sum();
    let totals = CurrencySummary {
        currency: Currency::AUD,
        balance: Amount::ZERO,
        income: sum(PrimaryType::Income),
        expenses: sum(PrimaryType::Expense),
        accounts: 1,
        unknown_balances: 0,
    };
    Snapshot {
        user_id: "alex".to_owned(),
        display_name: "Alex".to_owned(),
        seq,
        accounts: vec![account()],
        summary: Summary {
            success: true,
            from: "2026-11-01T00:00:00Z".to_owned(),
            currencies: vec![totals],
            seq,
            epoch: None,
        },
        transactions,
        next_cursor: None,
        epoch: None,
    }
}

pub(crate) fn stamp(seq: u64) -> Stamp {
    Stamp {
        seq,
        event_id: format!("event-{seq}"),
        timestamp: "2026-11-22T10:00:00Z".to_owned(),
        source: EventSource::Realtime,
    }
}

/// The same event, stored at another time.
pub(crate) fn stored_at(timestamp: &str, mut event: FeedEvent) -> FeedEvent {
    let stored = match &mut event {
        FeedEvent::New(event) | FeedEvent::Updated(event) => &mut event.timestamp,
        FeedEvent::Deleted(event) => &mut event.timestamp,
        FeedEvent::Balance(event) => &mut event.timestamp,
        FeedEvent::Connection(event) => &mut event.timestamp,
        FeedEvent::Sync(event) => &mut event.timestamp,
    };
    timestamp.clone_into(stored);
    event
}

pub(crate) fn new(seq: u64, transaction: Transaction) -> FeedEvent {
    FeedEvent::New(TransactionEvent::new(stamp(seq), transaction, None))
}

pub(crate) fn updated(seq: u64, transaction: Transaction) -> FeedEvent {
    FeedEvent::Updated(TransactionEvent::new(stamp(seq), transaction, None))
}

/// A transaction whose account was linked again.
pub(crate) fn relinked(seq: u64, previous_connection_id: &str, transaction: Transaction) -> FeedEvent {
    FeedEvent::Updated(TransactionEvent::new(stamp(seq), transaction, Some(previous_connection_id.to_owned())))
}

pub(crate) fn deleted(seq: u64, id: &str, account_id: &str) -> FeedEvent {
    let own = |text: &str| text.to_owned();
    FeedEvent::Deleted(TransactionDeleted::new(stamp(seq), own(id), own("basiq"), own("bank"), own(account_id)))
}
