//! Accounts and their balances.
//!
//! Owns what of a report is taken over, and when a balance is told. Must not know transactions.

use wire::EventName;
use wire::events::BalanceUpdated;

use crate::apply::Applying;
use crate::change::AccountUpdate;
use crate::recency::Recency;
use crate::state::AccountState;

impl Applying<'_> {
    /// An account, made where it was not known.
    pub(crate) fn account(&mut self, account_id: &str) -> &mut AccountState {
        self.plan.state.accounts.entry(account_id.to_owned()).or_insert_with(AccountState::unknown)
    }

    /// Takes over what is told of an account, each value for itself, and tells its owner where the balance changed.
    pub(crate) fn update_account(&mut self, update: &AccountUpdate, recency: Recency) {
        let default_currency = self.context.connector.default_currency;
        let account = self.account(&update.account_id);
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
        let mut has_changed = details.iter().chain(&money).any(|(_, is_newer)| *is_newer);
        if account.currency.value.is_none() {
            account.currency.value = Some(default_currency);
            has_changed = true;
        }
        if has_changed {
            account.dirty.touch();
        }
        let (Some(currency), Some(balance)) = (account.currency.value, account.balance.value) else { return };
        let available = account.available.value;
        if money.iter().any(|(is_other, _)| *is_other) {
            let (connection_id, account_id) = (self.context.connection_id.to_owned(), update.account_id.clone());
            self.tell(EventName::BalanceUpdated, None, |stamp| {
                BalanceUpdated::new(stamp, connection_id, account_id, currency, balance, available)
            });
        }
    }
}
