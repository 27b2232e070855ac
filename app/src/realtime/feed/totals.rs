//! The totals between two snapshots.
//!
//! Owns counting a transaction in and out of the month's totals, and adding up balances, by the rules
//! of the server's summary. Must not touch the list.

use wire::time::unix_millis;
use wire::{Amount, PrimaryType, Transaction};

use super::Feed;

impl Feed {
    pub(super) fn count_in(&mut self, transaction: &Transaction) {
        self.count(transaction, transaction.amount);
    }

    pub(super) fn count_out(&mut self, transaction: &Transaction) {
        self.count(transaction, -transaction.amount);
    }

    /// Transfers between a person's own accounts are neither money in nor money out, and what
    /// happened before the period does not count. A refund of an expense is money in: the sign decides.
    fn count(&mut self, transaction: &Transaction, amount: Amount) {
        let (Some(from), Some(date)) = (unix_millis(&self.summary.from), unix_millis(&transaction.date)) else {
            return;
        };
        if date < from || transaction.primary_type == PrimaryType::Transfer {
            return;
        }
        let totals = self.summary.currencies.iter_mut().find(|totals| totals.currency == transaction.currency);
        // A currency without an account stands there only as long as one of its transactions does.
        let Some(totals) = totals.filter(|totals| totals.accounts > 0) else {
            return self.mark_stale();
        };
        let column = if transaction.amount.is_negative() { &mut totals.expenses } else { &mut totals.income };
        *column = *column + amount;
    }

    /// The balance of a currency is the sum of its accounts' booked balances, as far as they are known.
    pub(super) fn sum_balances(&mut self) {
        for totals in &mut self.summary.currencies {
            let of_currency = self.accounts.iter().filter(|account| account.currency == totals.currency);
            let (known, unknown): (Vec<_>, Vec<_>) = of_currency.partition(|account| account.balance.is_some());
            totals.balance = known.iter().filter_map(|account| account.balance).sum();
            totals.unknown_balances = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
        }
    }
}
