//! A user's totals.
//!
//! Owns the sums of each currency and the start of their period. Must not read what is added up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::api::{Account, CurrencySummary, Summary};
use wire::{Amount, Currency};

use crate::clock;
use crate::store::{Error, Result};

/// Totals since the first of a month (UTC).
pub(in crate::store) struct Totals {
    from: Timestamp,
    currencies: BTreeMap<Currency, CurrencySummary>,
}

impl Totals {
    /// Empty totals of the month of a time.
    pub(in crate::store) fn of_month(now: Timestamp) -> Result<Self> {
        let from = now.to_zoned(TimeZone::UTC).first_of_month().and_then(|day| day.start_of_day());
        let from = from.map_err(|error| Error::Corrupt(error.to_string()))?.timestamp();
        Ok(Self { from, currencies: BTreeMap::new() })
    }

    /// The start of the period, in milliseconds since 1970.
    pub(in crate::store) fn from(&self) -> i64 {
        self.from.as_millisecond()
    }

    /// Adds an account's balance.
    pub(in crate::store) fn add_account(&mut self, account: &Account) {
        let total = self.of(account.currency);
        match account.balance {
            Some(balance) => total.balance = total.balance + balance,
            None => total.unknown_balances += 1,
        }
        total.accounts += 1;
    }

    /// Adds a transaction that is not a transfer.
    pub(in crate::store) fn add(&mut self, amount: Amount, currency: Currency) {
        let total = self.of(currency);
        if amount.is_negative() {
            total.expenses = total.expenses + amount;
        } else {
            total.income = total.income + amount;
        }
    }

    /// The summary for clients, as of an event.
    pub(in crate::store) fn summary(self, seq: u64, epoch: String) -> Summary {
        Summary {
            success: true,
            from: clock::rfc3339(self.from),
            currencies: self.currencies.into_values().collect(),
            seq,
            epoch: Some(epoch),
        }
    }

    fn of(&mut self, currency: Currency) -> &mut CurrencySummary {
        self.currencies.entry(currency).or_insert_with(|| CurrencySummary {
            currency,
            balance: Amount::ZERO,
            income: Amount::ZERO,
            expenses: Amount::ZERO,
            accounts: 0,
            unknown_balances: 0,
        })
    }
}
