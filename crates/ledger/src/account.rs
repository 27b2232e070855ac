//! Accounts and their balances.
//!
//! Owns which values of a report are accepted, and when the owner is sent a balance. Must not know transactions.

use wire::EventName;
use wire::events::BalanceUpdated;

use crate::change::AccountUpdate;
use crate::planning::Planning;
use crate::recency::Recency;

/// Accepts or rejects each value of a report separately, and emits the balance if it changed.
pub(crate) fn update(planning: &mut Planning<'_>, update: &AccountUpdate, recency: Recency) {
    let default_currency = planning.context.connector.default_currency;
    let account = planning.account(&update.account_id);
    let details = [
        account.name.take(update.name.as_ref(), recency),
        account.last_digits.take(update.last_digits.as_ref(), recency),
        account.kind.take(update.kind.as_ref(), recency),
    ];
    let money = [
        account.currency.take(update.currency.as_ref(), recency),
        account.balance.take(update.balance.as_ref(), recency),
        account.available.take(update.available.as_ref(), recency),
    ];
    if account.currency.value.is_none() {
        account.currency.value = Some(default_currency);
        account.dirty.touch();
    }
    if details.iter().chain(&money).any(|taken| taken.is_newer) {
        account.dirty.touch();
    }
    let (Some(currency), Some(balance)) = (account.currency.value, account.balance.value) else { return };
    let available = account.available.value;
    if money.iter().any(|taken| taken.is_other) {
        let (connection_id, account_id) = (planning.context.connection_id.to_owned(), update.account_id.clone());
        planning.emit(EventName::BalanceUpdated, |stamp| {
            BalanceUpdated::new(stamp, connection_id, account_id, currency, balance, available)
        });
    }
}
