//! The accounts and the totals between two snapshots.
//!
//! Owns counting transactions into the month's totals and adding up balances, by the rules of the server's summary.
//! Must not know the list.

use wire::api::{Account, Summary};
use wire::events::BalanceUpdated;
use wire::time::unix_millis;
use wire::{Amount, PrimaryType, Transaction};

use crate::realtime::month;

#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    accounts: Vec<Account>,
    summary: Summary,
}

impl Totals {
    pub(super) fn new(accounts: Vec<Account>, summary: Summary) -> Self {
        Self { accounts, summary }
    }

    pub(super) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Whether a moment belongs to a later month than the totals.
    pub(super) fn are_outdated_at(&self, timestamp: &str) -> bool {
        unix_millis(timestamp).is_some_and(|at| month::is_later(at, &self.summary.from))
    }

    pub(super) fn has_account_of(&self, transaction: &Transaction) -> bool {
        self.accounts.iter().any(|account| {
            account.account_id == transaction.account_id && account.connection_id == transaction.connection_id
        })
    }

    /// Adds a transaction. Returns whether the totals could be updated; if not, only the server knows them.
    pub(super) fn count_in(&mut self, transaction: &Transaction) -> bool {
        self.count(transaction, transaction.amount)
    }

    /// Removes a transaction. Returns whether the totals could be updated; if not, only the server knows them.
    pub(super) fn count_out(&mut self, transaction: &Transaction) -> bool {
        self.count(transaction, -transaction.amount)
    }

    /// Transfers between a user's own accounts are neither money in nor money out, and transactions before the period
    /// do not count. A refund of an expense is money in: the sign decides.
    fn count(&mut self, transaction: &Transaction, amount: Amount) -> bool {
        let (Some(from), Some(date)) = (unix_millis(&self.summary.from), unix_millis(&transaction.date)) else {
            return true;
        };
        if date < from || transaction.primary_type == PrimaryType::Transfer {
            return true;
        }
        let totals = self.summary.currencies.iter_mut().find(|totals| totals.currency == transaction.currency);
        // A currency without an account is listed only while it has a transaction.
        let Some(totals) = totals.filter(|totals| totals.accounts > 0) else { return false };
        let column = if transaction.amount.is_negative() { &mut totals.expenses } else { &mut totals.income };
        *column = *column + amount;
        true
    }

    /// Sets a balance. Returns whether the account is known, with this currency; if not, only the server knows its
    /// totals.
    pub(super) fn set_balance(&mut self, event: &BalanceUpdated) -> bool {
        let account = self
            .accounts
            .iter_mut()
            .find(|account| account.account_id == event.account_id && account.connection_id == event.connection_id);
        let Some(account) = account.filter(|account| account.currency == event.currency) else { return false };
        account.balance = Some(event.balance);
        account.available = event.available;
        account.updated_at.clone_from(&event.timestamp);
        self.sum_balances();
        true
    }

    /// The balance of a currency is the sum of the known booked balances of its accounts.
    fn sum_balances(&mut self) {
        for totals in &mut self.summary.currencies {
            let of_currency = self.accounts.iter().filter(|account| account.currency == totals.currency);
            let (known, unknown): (Vec<_>, Vec<_>) = of_currency.partition(|account| account.balance.is_some());
            totals.balance = known.iter().filter_map(|account| account.balance).sum();
            totals.unknown_balances = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
        }
    }
}
