//! Deliveries and changes for testing a store.
//!
//! Owns the shortest complete ones. Must not know a store.

use connectors::{Headers, Rejected};
use ledger::{AccountUpdate, Change, Update};
use server::store::{Content, NewDelivery, Record};
use server::telemetry::spans::Arrival;
use wire::Currency;

pub const CONNECTOR: &str = "basiq";

pub fn connector() -> ledger::Connector {
    ledger::Connector {
        id: CONNECTOR.into(),
        connector_type: "bank".into(),
        source: "BANK_API".into(),
        default_currency: Currency::AUD,
    }
}

/// A delivery that reports changes of a connection.
pub fn delivery(key: &str, connection_id: &str, changes: Vec<Change>) -> NewDelivery {
    partly(key, connection_id, changes, &[])
}

/// The same with items that are not understood.
pub fn partly(key: &str, connection_id: &str, changes: Vec<Change>, rejected: &[(&str, &str)]) -> NewDelivery {
    let rejected = rejected.iter().map(|(item, reason)| Rejected { item: (*item).into(), reason: (*reason).into() });
    NewDelivery {
        connector: connector(),
        delivery: Record { headers: Headers::default(), body: b"{}".to_vec(), key: key.to_owned() },
        content: Content::Changes { connection_id: connection_id.to_owned(), changes, rejected: rejected.collect() },
        register: None,
        arrived: Arrival::now(),
    }
}

/// A delivery that is not understood.
pub fn unknown(key: &str) -> NewDelivery {
    NewDelivery { content: Content::Kept("of a new kind".to_owned()), ..delivery(key, "c1", vec![]) }
}

pub fn transaction(id: &str, amount: &str) -> Change {
    Change::example(id, amount)
}

/// A transaction of an account.
pub fn transaction_of(account_id: &str, id: &str, amount: &str) -> Change {
    let mut change = transaction(id, amount);
    if let Update::Transaction(new) = &mut change.update {
        new.account_id = account_id.to_owned();
    }
    change
}

pub fn deletion(id: &str) -> Change {
    let update = Update::TransactionDeleted { transaction_id: id.to_owned(), account_id: "acc-1".to_owned() };
    Change { version: None, update }
}

pub fn balance(amount: &str) -> Change {
    let update = AccountUpdate {
        account_id: "acc-1".to_owned(),
        name: Some("Everyday".to_owned()),
        balance: Some(amount.parse().unwrap()),
        ..AccountUpdate::default()
    };
    Change { version: None, update: Update::Account(update) }
}
