//! Accounts of the ledger behind Apideck.
//!
//! Owns reading an account: from a record, which names it, and from the account's resource, which also has its balance.
//! Must not call the provider.

use ledger::{AccountUpdate, Change, Update};
use serde_json::value::RawValue;

use crate::inline;
use crate::json::Document;
use crate::masking::{last_four, readable};

const MAX_NAME: usize = 200;

/// The accounts that rows name, each once, if the rows also give the account's name.
pub(super) fn named_in(rows: &[&RawValue]) -> Vec<AccountUpdate> {
    let mut accounts: Vec<AccountUpdate> = rows.iter().filter_map(|row| named(row)).collect();
    accounts.sort_by(|one, other| one.account_id.cmp(&other.account_id));
    accounts.dedup();
    accounts
}

fn named(row: &RawValue) -> Option<AccountUpdate> {
    let account = Document::open(row).ok()??.object(&["account"]).ok()??;
    let (account_id, name) = (account.id(&["id"])?, readable(&account.text(&["name"])?, MAX_NAME)?);
    Some(AccountUpdate { account_id, name: Some(name), ..AccountUpdate::default() })
}

/// An account's resource. Its time of change is that of its entry in the chart of accounts, which a new balance does
/// not change: balances are ordered by arrival.
pub(super) fn read(row: &RawValue) -> Vec<Change> {
    let mut changes = inline::listed_accounts(&[row]).changes;
    for change in &mut changes {
        change.version = None;
        if let Update::Account(account) = &mut change.update {
            account.last_digits = account.last_digits.take().or_else(|| bank_number(row));
        }
    }
    changes
}

/// The last digits of `bank_account.account_number`.
fn bank_number(row: &RawValue) -> Option<String> {
    let account = Document::open(row).ok()??.object(&["bank_account"]).ok()??;
    account.id(&["account_number"]).as_deref().and_then(last_four)
}
