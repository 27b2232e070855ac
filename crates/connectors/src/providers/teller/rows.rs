//! Teller's transactions and accounts, in webhooks and answers.
//!
//! Owns the mapping of their members to ours. Must not reverse an amount: Teller signs it.
//!
//! <https://teller.io/docs/api/account/transactions>

use ledger::{AccountUpdate, Change, Dated, Update};
use wire::TransactionStatus;

use crate::json::Document;
use crate::masking::{last_four, readable};
use crate::row::Row;
use crate::understood::Understood;
use crate::{currencies, dates, ids};

/// The longest name and kind of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

/// A transaction.
pub(super) fn transaction(item: &Document<'_>) -> Understood<Row> {
    let amount = item.amount(&["amount"]).map_err(|error| format!("the amount is {error}"))?;
    let date = item.text(&["date"]).ok_or("the transaction has no date")?;
    let date = dates::read(&date).ok_or("the transaction's date is not a date")?;
    let details = item.object(&["details"])?;
    let counterparty = match &details {
        Some(details) => details.object(&["counterparty"])?,
        None => None,
    };
    let row = Row::new(
        ids::needed(item, "id", "transaction")?,
        ids::needed(item, "account_id", "account")?,
        amount.ok_or("the transaction has no amount")?,
        Dated::At(date),
    );
    let balance = item.amount(&["running_balance"]).map_err(|error| format!("the balance is {error}"))?;
    Ok(Row {
        description: item.words(&["description"]),
        merchant: counterparty.and_then(|counterparty| counterparty.words(&["name"])),
        category: details.and_then(|details| details.words(&["category"])),
        kind: item.text(&["type"]),
        balance,
        status: match item.text(&["status"]).as_deref() {
            Some("pending") => Some(TransactionStatus::Pending),
            Some("posted") => Some(TransactionStatus::Posted),
            _ => None,
        },
        ..row
    })
}

/// An account without its balances.
pub(super) fn account(item: &Document<'_>) -> Understood<Change> {
    let code = item.text(&["currency"]);
    let currency = code.map_or(Ok(None), |code| currencies::currency(&code));
    let update = AccountUpdate {
        account_id: ids::needed(item, "id", "account")?,
        name: item.words(&["name"]).and_then(|name| readable(&name, MAX_NAME)),
        last_digits: item.id(&["last_four"]).as_deref().and_then(last_four),
        kind: item.text(&["subtype", "type"]).and_then(|kind| readable(&kind, MAX_KIND)),
        currency: currency.map_err(|error| format!("the currency of the account is {error}"))?,
        ..AccountUpdate::default()
    };
    Ok(Change { version: None, update: Update::Account(update) })
}

/// An account's balances.
pub(super) fn balances(answer: &Document<'_>, account_id: &str) -> Understood<Change> {
    let read = |name: &str| answer.amount(&[name]).map_err(|error| format!("the {name} balance is {error}"));
    let update = AccountUpdate {
        account_id: account_id.to_owned(),
        balance: read("ledger")?,
        available: read("available")?,
        ..AccountUpdate::default()
    };
    Ok(Change { version: None, update: Update::Account(update) })
}
