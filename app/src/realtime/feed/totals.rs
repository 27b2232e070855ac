//! The totals between two snapshots.
//!
//! Owns counting a transaction in and out of the month's totals, and adding up balances, by the rules
//! of the server's summary. Must not touch the list.

use wire::api::CurrencySummary;
use wire::time::unix_millis;
use wire::{Amount, Currency, PrimaryType, Transaction};

use super::Feed;

impl Feed {
    pub(super) fn count_in(&mut self, transaction: &Transaction) {
        self.count(transaction, transaction.amount);
    }

    pub(super) fn count_out(&mut self, transaction: &Transaction) {
        self.count(transaction, -transaction.amount);
    }

    /// Transfers between a person's own accounts are neither money in nor money out, and what
    /// happened before the period does not count.
    fn count(&mut self, transaction: &Transaction, amount: Amount) {
        let (Some(from), Some(date)) = (unix_millis(&self.summary.from), unix_millis(&transaction.date)) else {
            return;
        };
        if date < from {
            return;
        }
        let primary_type = transaction.primary_type;
        let Some(totals) = self.totals_of(transaction.currency) else { return };
        match primary_type {
            PrimaryType::Income => totals.income = totals.income + amount,
            PrimaryType::Expense => totals.expenses = totals.expenses + amount,
            PrimaryType::Transfer => {}
        }
    }

    /// The totals of a currency, which the list is opened for where it is the first of its kind.
    fn totals_of(&mut self, currency: Currency) -> Option<&mut CurrencySummary> {
        let currencies = &mut self.summary.currencies;
        let at = currencies.partition_point(|totals| totals.currency < currency);
        if currencies.get(at).is_none_or(|totals| totals.currency != currency) {
            let nothing = Amount::ZERO;
            let totals =
                CurrencySummary { currency, balance: nothing, income: nothing, expenses: nothing, accounts: 0 };
            currencies.insert(at, totals);
        }
        currencies.get_mut(at)
    }

    /// The balance of a currency is the sum of its accounts' booked balances.
    pub(super) fn sum_balances(&mut self) {
        for totals in &mut self.summary.currencies {
            let of_currency = self.accounts.iter().filter(|account| account.currency == totals.currency);
            totals.balance = of_currency.filter_map(|account| account.balance).sum();
        }
    }
}
