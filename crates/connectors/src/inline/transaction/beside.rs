//! The account that accompanies the transactions of a body.
//!
//! Owns the parts of it that transactions rely on. Must not refuse a transaction for a part that it does not need.

use ledger::AccountUpdate;
use wire::Currency;

use crate::inline::{Understood, account, id};
use crate::json::Document;

/// The accompanying account, part by part.
pub(super) struct Beside<'a> {
    pub(super) account: Option<Document<'a>>,
    /// Its id, also for transactions that name no account.
    pub(super) id: Understood<Option<String>>,
    /// The report of the account.
    pub(super) update: Understood<Option<AccountUpdate>>,
    currency: Understood<Option<Currency>>,
}

impl<'a> Beside<'a> {
    pub(super) fn read(data: &Document<'a>) -> Self {
        let (account, unreadable) = match data.object(&["account"]) {
            Ok(account) => (account, None),
            Err(unreadable) => (None, Some(String::from(unreadable))),
        };
        let own_id = account.as_ref().map_or(Ok(None), |own| id(own, &["id", "accountId", "account_id"], "account"));
        let id = match own_id {
            Ok(None) => id(data, &["accountId", "account_id", "account"], "account"),
            own_id => own_id,
        };
        let update = match (&account, &id, &unreadable) {
            (_, _, Some(reason)) => Err(reason.clone()),
            (Some(own), Ok(Some(id)), _) => account::read(own, id.clone()),
            (Some(_), Err(reason), _) => Err(reason.clone()),
            _ => Ok(None),
        };
        let currency = match unreadable {
            Some(reason) => Err(reason),
            None => account.as_ref().map_or(Ok(None), account::currency_of),
        };
        Self { account, id, update, currency }
    }

    /// Its name in messages if it is not understood.
    pub(super) fn name(&self) -> String {
        self.id.clone().ok().flatten().unwrap_or_else(|| "account".to_owned())
    }

    /// The name of an account, if it is this one.
    pub(super) fn name_of(&self, account_id: &str) -> Option<&str> {
        let update = self.update.as_ref().ok()?.as_ref()?;
        update.name.as_deref().filter(|_| update.account_id == account_id)
    }

    /// The currency of an account, if it is this one: refused if present but not understood, because any other would be
    /// a guess.
    pub(super) fn currency_of(&self, account_id: &str) -> Understood<Option<Currency>> {
        match &self.id {
            Ok(Some(id)) if id == account_id => self.currency.clone(),
            Ok(None) => self.currency.clone(),
            _ => Ok(None),
        }
    }
}
