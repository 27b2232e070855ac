//! Plaid's reports of an item's payments.
//!
//! Owns the rows that an update makes from the banks' books, and the log of changes in which cursors are positions.
//! Must not know JSON or HTTP.
//!
//! A pending row keeps its id while it is pending. The posted row has a new id and names the pending one, which is
//! removed (<https://plaid.com/docs/api/products/transactions/#transactionssync>).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bank::{Bank, Connection, Payment, PaymentId};

/// A transaction as Plaid reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Plaid's id of it.
    pub id: String,
    /// The id of its former pending row.
    pub pending_id: Option<String>,
    /// Its payment, which Plaid does not report.
    pub payment_id: PaymentId,
    /// The payment as the bank had it at the update.
    pub payment: Payment,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Added(Row),
    Modified(Row),
    Removed { id: String, account: String },
}

/// The result of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// How many rows were added.
    pub added: usize,
    /// How many rows were modified.
    pub modified: usize,
    /// The ids of the rows that were removed.
    pub removed: Vec<String>,
}

/// Some of the changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) added: Vec<Row>,
    pub(super) modified: Vec<Row>,
    /// Ids of transactions and accounts.
    pub(super) removed: Vec<(String, String)>,
}

/// An item's rows and changes.
#[derive(Debug, Default)]
pub(super) struct ChangeLog {
    rows: BTreeMap<PaymentId, Row>,
    changes: Vec<Change>,
}

impl ChangeLog {
    /// Reads the bank again for payments since then.
    pub(super) fn update(&mut self, bank: &mut Bank, connection: &Connection, since: Timestamp) -> Updated {
        let payments = bank.accounts_of(connection).flat_map(|account| bank.payments_of(account));
        let recent = payments.filter(|(_, payment)| payment.made_at >= since);
        let payments: Vec<_> = recent.map(|(id, payment)| (id, payment.clone())).collect();
        let mut updated = Updated::default();
        for (id, payment) in payments {
            self.compare(bank, id, payment, &mut updated);
        }
        updated
    }

    fn compare(&mut self, bank: &mut Bank, payment_id: PaymentId, payment: Payment, updated: &mut Updated) {
        let is_there = payment.is_pending() || payment.posted_at().is_some();
        match self.rows.get(&payment_id) {
            Some(row) if row.payment == payment => {}
            Some(row) if is_there && row.payment.is_pending() == payment.is_pending() => {
                let row = Row { payment, ..row.clone() };
                self.rows.insert(payment_id, row.clone());
                self.changes.push(Change::Modified(row));
                updated.modified += 1;
            }
            Some(row) => {
                let (pending_id, account) = (row.id.clone(), row.payment.account.clone());
                self.rows.remove(&payment_id);
                self.changes.push(Change::Removed { id: pending_id.clone(), account });
                updated.removed.push(pending_id.clone());
                if is_there {
                    self.add(Row { id: bank.id(), pending_id: Some(pending_id), payment_id, payment }, updated);
                }
            }
            None if is_there => self.add(Row { id: bank.id(), pending_id: None, payment_id, payment }, updated),
            None => {}
        }
    }

    fn add(&mut self, row: Row, updated: &mut Updated) {
        self.rows.insert(row.payment_id, row.clone());
        self.changes.push(Change::Added(row));
        updated.added += 1;
    }

    /// The number of changes so far.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// All rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// Up to a number of changes from a position on. A row appears once, in its state after the last of them; a row
    /// that was added and removed within them does not appear.
    pub(super) fn slice(&self, from: usize, count: usize) -> Slice {
        let changes = self.changes.iter().skip(from).take(count);
        let mut slice = Slice::default();
        for change in changes {
            match change {
                Change::Added(row) => slice.added.push(row.clone()),
                Change::Modified(row) => {
                    let added = slice.added.iter_mut().find(|added| added.id == row.id);
                    if let Some(known) = added {
                        known.clone_from(row);
                    } else {
                        slice.modified.retain(|known| known.id != row.id);
                        slice.modified.push(row.clone());
                    }
                }
                Change::Removed { id, account } => {
                    let before = slice.added.len();
                    slice.added.retain(|known| known.id != *id);
                    slice.modified.retain(|known| known.id != *id);
                    if slice.added.len() == before {
                        slice.removed.push((id.clone(), account.clone()));
                    }
                }
            }
        }
        slice
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{AccountKind, Cents, Country, Naming, NewAccount, Posting, Purchase};

    /// A bank with a connection whose only payment is in the log.
    fn with_payment() -> (Bank, Connection, ChangeLog, PaymentId) {
        let now = Timestamp::from_second(1_770_000_000).unwrap();
        let mut bank = Bank::new(1, Naming::Base62, Country::America);
        let account = NewAccount::new("Checking", AccountKind::Transaction, Cents(10_000));
        let connection = bank.connect("u", "ins_1", vec![account], now).clone();
        let payment = bank.purchase(&connection.accounts[0], Purchase::new(Cents(-450), "STARBUCKS", now)).unwrap();
        let mut log = ChangeLog::default();
        log.update(&mut bank, &connection, Timestamp::MIN);
        (bank, connection, log, payment)
    }

    #[test]
    fn a_row_that_was_added_and_removed_within_a_slice_does_not_appear_in_it() {
        let (mut bank, connection, mut log, payment) = with_payment();
        bank.vanish(payment).unwrap();
        log.update(&mut bank, &connection, Timestamp::MIN);
        assert_eq!(log.slice(0, 10), Slice::default());
        assert_eq!(log.slice(1, 10).removed.len(), 1);
    }

    #[test]
    fn a_row_that_was_added_and_modified_within_a_slice_is_added_as_it_is_now() {
        let (mut bank, connection, mut log, payment) = with_payment();
        bank.amend(payment, Cents(-500), "STARBUCKS STORE").unwrap();
        log.update(&mut bank, &connection, Timestamp::MIN);
        let slice = log.slice(0, 10);
        assert_eq!((slice.added.len(), slice.modified.len()), (1, 0));
        assert_eq!(slice.added[0].payment.cents, Cents(-500));
        assert_eq!(log.slice(1, 10).modified.len(), 1);
    }

    #[test]
    fn an_update_that_finds_nothing_new_changes_nothing() {
        let (mut bank, connection, mut log, payment) = with_payment();
        bank.post(payment, Posting::unchanged(Timestamp::UNIX_EPOCH)).unwrap();
        log.update(&mut bank, &connection, Timestamp::MIN);
        assert_eq!(log.update(&mut bank, &connection, Timestamp::MIN), Updated::default());
        assert_eq!(log.len(), 3);
    }
}
