//! Accounts of a body, at the paths that a file declares.
//!
//! Owns the mapping of a sender's members to ours. Must not report what the sender did not.

use ledger::{AccountUpdate, Change, Update};
use wire::Currency;

use super::path::{Paths, Scope};
use super::times::Notation;
use super::values::{self, Digits};
use crate::json;
use crate::masking::{last_four, readable};
use crate::understood::Understood;

/// The longest name and kind of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

/// The paths of the members of accounts.
#[derive(Clone, Debug)]
pub(super) struct Accounts {
    pub(super) items: Paths,
    pub(super) id: Paths,
    pub(super) name: Paths,
    pub(super) number: Paths,
    pub(super) kind: Paths,
    pub(super) currency: Paths,
    pub(super) balance: Paths,
    pub(super) available: Paths,
    pub(super) digits: Digits,
    pub(super) updated: Paths,
    pub(super) updated_notation: Option<Notation>,
}

/// An item's report of an account, and how recent it is.
pub(super) struct Reported {
    pub(super) update: AccountUpdate,
    version: Option<i64>,
}

impl Accounts {
    /// Reads an item's report; `None` if it is only an id.
    pub(super) fn read(&self, scope: Scope<'_, '_>, default_currency: Currency) -> Understood<Option<Reported>> {
        let Some(account_id) = values::id(&self.id, scope, "account")? else { return Ok(None) };
        let named = values::currency(&self.currency, scope, "account")?;
        let units = (self.digits, named.unwrap_or(default_currency));
        let balance = values::amount(&self.balance, scope, units, "balance")?;
        let available = values::amount(&self.available, scope, units, "available balance")?;
        // Amounts counted in smallest units are in that currency.
        let is_counted = self.digits == Digits::MinorUnits && (balance.is_some() || available.is_some());
        let update = AccountUpdate {
            name: self.name.words(scope)?.and_then(|name| readable(&name, MAX_NAME)),
            last_digits: self.number.read(scope, |raw| last_four(&json::id(raw)?))?,
            kind: self.kind.words(scope)?.and_then(|kind| readable(&kind, MAX_KIND)),
            currency: named.or(is_counted.then_some(default_currency)),
            balance,
            available,
            account_id,
        };
        let only_its_id = AccountUpdate { account_id: update.account_id.clone(), ..AccountUpdate::default() };
        let version = values::version(&self.updated, self.updated_notation, scope)?;
        Ok((update != only_its_id).then_some(Reported { update, version }))
    }
}

impl Reported {
    /// The change, with the account's own recency, else the event's.
    pub(super) fn into_change(self, event: Option<i64>) -> Change {
        Change { version: self.version.or(event), update: Update::Account(self.update) }
    }
}
