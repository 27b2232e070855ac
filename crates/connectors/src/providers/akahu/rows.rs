//! Akahu's transactions and accounts.
//!
//! Owns the mapping of their members to ours. Must not fetch them.
//!
//! <https://developers.akahu.nz/docs/the-transaction-model>, <https://developers.akahu.nz/docs/the-account-model>

use ledger::{AccountUpdate, Change, Dated, Update};
use wire::TransactionStatus;

use crate::json::Document;
use crate::masking::{last_four, readable};
use crate::row::Row;
use crate::understood::Understood;
use crate::{currencies, dates, ids, inline};

/// The longest name and kind of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

/// A settled transaction, negative for money out. Its currency is the account's.
pub(super) fn transaction(item: &Document<'_>) -> Understood<Change> {
    let amount = item.amount(&["amount"]).map_err(|error| format!("the amount is {error}"))?;
    let date = item.text(&["date"]).ok_or("the transaction has no date")?;
    let date = dates::read(&date).ok_or("the transaction's date is not a date")?;
    let kind = item.text(&["type"]);
    let meta = item.object(&["meta"])?;
    let words = |name: &str| meta.as_ref().and_then(|meta| meta.words(&[name]));
    let reference: Vec<String> = ["particulars", "code", "reference"].into_iter().filter_map(words).collect();
    let named = |name: &str| -> Understood<Option<String>> {
        Ok(item.object(&[name])?.and_then(|object| object.words(&["name"])))
    };
    let row = Row {
        description: item.words(&["description"]),
        merchant: named("merchant")?,
        reference: Some(reference.join(" ")),
        category: named("category")?,
        is_transfer: kind.as_deref() == Some("TRANSFER"),
        kind: kind.map(|kind| kind.to_lowercase()),
        balance: item.amount(&["balance"]).map_err(|error| format!("the balance is {error}"))?,
        status: Some(TransactionStatus::Posted),
        ..Row::new(
            ids::needed(item, "_id", "transaction")?,
            ids::needed(item, "_account", "account")?,
            amount.ok_or("the transaction has no amount")?,
            Dated::At(date),
        )
    };
    Ok(row.into_change(inline::of_row(item)))
}

/// An account. Points of a rewards account are not money; their currency is refused.
pub(super) fn account(item: &Document<'_>) -> Understood<Change> {
    let balance = item.object(&["balance"])?;
    let read = |name: &str| match &balance {
        Some(balance) => balance.amount(&[name]).map_err(|error| format!("the {name} balance is {error}")),
        None => Ok(None),
    };
    let code = balance.as_ref().and_then(|balance| balance.text(&["currency"]));
    let currency = code.map_or(Ok(None), |code| currencies::currency(&code));
    let update = AccountUpdate {
        account_id: ids::needed(item, "_id", "account")?,
        name: item.words(&["name"]).and_then(|name| readable(&name, MAX_NAME)),
        last_digits: item.id(&["formatted_account"]).as_deref().and_then(last_four),
        kind: item.text(&["type"]).and_then(|kind| readable(&kind.to_lowercase(), MAX_KIND)),
        currency: currency.map_err(|error| format!("the currency of the account is {error}"))?,
        balance: read("current")?,
        available: read("available")?,
    };
    Ok(Change { version: None, update: Update::Account(update) })
}
