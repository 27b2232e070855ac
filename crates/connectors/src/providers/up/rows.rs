//! Up's transactions and accounts.
//!
//! Owns the mapping of their members to ours. Must not fetch them.
//!
//! <https://developer.up.com.au/#transactions>

use ledger::{AccountUpdate, Change, Dated, Update};
use wire::{Amount, Currency, TransactionStatus};

use super::events::related;
use crate::json::Document;
use crate::masking::readable;
use crate::row::Row;
use crate::understood::Understood;
use crate::{currencies, dates, ids};

/// The longest name and kind of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

/// A transaction keeps its id when it is settled. Its row does not say when it changed.
pub(super) fn transaction(resource: &Document<'_>) -> Understood<Change> {
    let attributes = resource.object(&["attributes"])?.ok_or("the transaction has no attributes")?;
    let (amount, currency) = money(&attributes, "amount")?.ok_or("the transaction has no amount")?;
    let created = attributes.text(&["createdAt"]).ok_or("the transaction has no date")?;
    let created = dates::read(&created).ok_or("the transaction's date is not a date")?;
    let account_id = related(resource, "account")?.ok_or("the transaction names no account")?;
    let note = attributes.object(&["note"])?.and_then(|note| note.words(&["text"]));
    let row = Row {
        currency,
        description: attributes.words(&["description", "rawText"]),
        original: attributes.words(&["rawText"]),
        reference: attributes.words(&["message"]).or(note),
        kind: attributes.text(&["transactionType"]),
        category: related(resource, "category")?,
        status: match attributes.text(&["status"]).as_deref() {
            Some("HELD") => Some(TransactionStatus::Pending),
            Some("SETTLED") => Some(TransactionStatus::Posted),
            _ => None,
        },
        is_transfer: related(resource, "transferAccount")?.is_some(),
        ..Row::new(ids::needed(resource, "id", "transaction")?, account_id, amount, Dated::At(created))
    };
    Ok(row.into_change(None))
}

/// An account. Up reports only its available balance, which excludes held amounts.
pub(super) fn account(resource: &Document<'_>) -> Understood<Change> {
    let attributes = resource.object(&["attributes"])?.ok_or("the account has no attributes")?;
    let balance = money(&attributes, "balance")?;
    let update = AccountUpdate {
        account_id: ids::needed(resource, "id", "account")?,
        name: attributes.words(&["displayName"]).and_then(|name| readable(&name, MAX_NAME)),
        kind: attributes.text(&["accountType"]).and_then(|kind| readable(&kind.to_lowercase(), MAX_KIND)),
        currency: balance.and_then(|(_, currency)| currency),
        balance: balance.map(|(amount, _)| amount),
        available: balance.map(|(amount, _)| amount),
        last_digits: None,
    };
    Ok(Change { version: None, update: Update::Account(update) })
}

/// An amount with its sign: negative is money out.
fn money(attributes: &Document<'_>, name: &str) -> Understood<Option<(Amount, Option<Currency>)>> {
    let Some(money) = attributes.object(&[name])? else { return Ok(None) };
    let amount = money.amount(&["value"]).map_err(|error| format!("the {name} is {error}"))?;
    let code = money.text(&["currencyCode"]);
    let currency = code.map_or(Ok(None), |code| currencies::currency(&code));
    let currency = currency.map_err(|error| format!("the currency of the {name} is {error}"))?;
    Ok(Some((amount.ok_or_else(|| format!("the {name} has no value"))?, currency)))
}
