//! Basiq's rows of the payments.
//!
//! Owns the rows that a refresh makes from the banks' books. Must not know JSON or HTTP.
//!
//! "Every time a connection is refreshed the pending transactions are deleted and new ones are imported"; posted ones keep
//! their ids and are never deleted (<https://api.basiq.io/docs/pending-transactions>).

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::bank::{Bank, Cents, Connection, Payment, PaymentId};

/// A transaction as of its connection's last refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Basiq's id of it.
    pub id: String,
    /// Its connection.
    pub connection: String,
    /// Its payment, which Basiq does not report.
    pub payment_id: PaymentId,
    /// The payment as the bank had it at the refresh.
    pub payment: Payment,
    /// Its position among those made at the same time.
    pub(super) serial: u64,
}

impl Row {
    /// The sort key of lists, newest first.
    pub(super) fn place(&self) -> (Timestamp, u64) {
        (self.payment.made_at, self.serial)
    }
}

/// An account's balances at the last refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// The posted balance.
    pub balance: Cents,
    /// The balance including pending payments.
    pub available: Cents,
    /// When the bank was read.
    pub at: Timestamp,
}

/// The result of a refresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Newly posted transactions.
    pub posted: usize,
    /// Pending transactions, each with a new id.
    pub pending: usize,
    /// Pending transactions of the previous refresh, which are deleted.
    pub deleted: usize,
}

/// All rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    of_connection: BTreeMap<String, Vec<Row>>,
    balances: BTreeMap<String, Balances>,
    posted: HashSet<PaymentId>,
    next_serial: u64,
}

impl Rows {
    /// Reads the bank again.
    pub(super) fn refresh(&mut self, bank: &mut Bank, connection: &Connection, now: Timestamp) -> Refreshed {
        let mut rows = self.of_connection.remove(&connection.id).unwrap_or_default();
        let before = rows.len();
        rows.retain(|row| !row.payment.is_pending());
        let mut refreshed = Refreshed { deleted: before - rows.len(), ..Refreshed::default() };
        for (payment_id, payment) in self.unknown(bank, connection) {
            let is_pending = payment.is_pending();
            refreshed.pending += usize::from(is_pending);
            refreshed.posted += usize::from(!is_pending);
            if !is_pending {
                self.posted.insert(payment_id);
            }
            self.next_serial += 1;
            let (id, connection, serial) = (bank.id(), connection.id.clone(), self.next_serial);
            rows.push(Row { id, connection, payment_id, payment, serial });
        }
        self.of_connection.insert(connection.id.clone(), rows);
        for account in bank.accounts_of(connection) {
            let balances = Balances { balance: account.balance, available: bank.available(account), at: now };
            self.balances.insert(account.id.clone(), balances);
        }
        refreshed
    }

    /// The bank's payments that have no row yet: all pending ones, and newly posted ones.
    fn unknown(&self, bank: &Bank, connection: &Connection) -> Vec<(PaymentId, Payment)> {
        let payments = bank.accounts_of(connection).flat_map(|account| bank.payments_of(account));
        payments
            .filter(|(id, payment)| {
                payment.is_pending() || (payment.posted_at().is_some() && !self.posted.contains(id))
            })
            .map(|(id, payment)| (id, payment.clone()))
            .collect()
    }

    /// A connection's rows.
    pub(super) fn of(&self, connection: &str) -> &[Row] {
        self.of_connection.get(connection).map(Vec::as_slice).unwrap_or_default()
    }

    /// An account's balances at the last refresh.
    pub(super) fn balances(&self, account: &str) -> Option<Balances> {
        self.balances.get(account).copied()
    }

    /// Removes a deleted connection's rows.
    pub(super) fn forget(&mut self, connection: &Connection) {
        for row in self.of_connection.remove(&connection.id).unwrap_or_default() {
            self.posted.remove(&row.payment_id);
        }
        for account in &connection.accounts {
            self.balances.remove(account);
        }
    }
}
