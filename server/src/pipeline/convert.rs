//! A connector's changes in the ledger's words.
//!
//! Owns the translation of one for one. Must not decide anything.

use connectors::change::Dated as Told;
use ledger::{AccountUpdate, Change, Dated, NewTransaction, Update, When};

/// One change.
pub(crate) fn change(change: connectors::Change) -> Change {
    let update = match change {
        connectors::Change::Transaction(new) => Update::Transaction(Box::new(transaction(*new))),
        connectors::Change::TransactionDeleted { transaction_id, account_id } => {
            Update::TransactionDeleted { transaction_id, account_id }
        }
        connectors::Change::Account(it) => Update::Account(AccountUpdate {
            account_id: it.account_id,
            name: it.name,
            last_digits: it.last_digits,
            kind: it.kind,
            currency: it.currency,
            balance: it.balance,
            available: it.available,
        }),
        connectors::Change::ConnectionStatus(status) => Update::ConnectionStatus(status),
    };
    Change { version: None, update }
}

fn transaction(new: connectors::change::NewTransaction) -> NewTransaction {
    let when = |when: connectors::When| When { date: when.date, precision: when.precision };
    NewTransaction {
        transaction_id: new.transaction_id,
        account_id: new.account_id,
        amount: new.amount,
        currency: new.currency,
        date: match new.date {
            Told::At(at) => Dated::At(when(at)),
            Told::Told(at) => Dated::Reported(when(at)),
            Told::Unknown => Dated::Unknown,
        },
        primary_type: new.primary_type,
        secondary_type: new.secondary_type,
        description: new.description,
        original_description: new.original_description,
        merchant: new.merchant,
        reference: new.reference,
        location: new.location,
        balance: new.balance,
        metadata: new.metadata,
        category_hint: new.category_hint,
        tags: new.tags,
        receipt_url: new.receipt_url,
        document_url: new.document_url,
        status: new.status,
    }
}
