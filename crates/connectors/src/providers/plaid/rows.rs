//! Plaid's transactions and accounts.
//!
//! Owns the mapping of their members to ours. Must not fetch them.
//!
//! <https://plaid.com/docs/api/products/transactions/#transactionssync>

use ledger::{AccountUpdate, Change, Dated, Update};
use wire::{Currency, TransactionStatus};

use crate::json::Document;
use crate::masking::{last_four, readable};
use crate::row::Row;
use crate::understood::Understood;
use crate::{currencies, dates, ids};

/// The longest name and kind of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

/// The time when it happened comes before the time when it was posted, an instant before a day.
const DATES: &[&str] = &["authorized_datetime", "authorized_date", "datetime", "date"];

/// Transfers between a user's own accounts (<https://plaid.com/documents/pfc-taxonomy-all.csv>).
const OWN_TRANSFERS: [&str; 2] = ["TRANSFER_IN_ACCOUNT_TRANSFER", "TRANSFER_OUT_ACCOUNT_TRANSFER"];

/// A transaction that was added or changed. Plaid's amounts are positive for money out. A row does not say when it
/// changed: Plaid's order in the list counts.
pub(super) fn transaction(item: &Document<'_>) -> Understood<Change> {
    let amount = item.amount(&["amount"]).map_err(|error| format!("the amount is {error}"))?;
    let amount = -amount.ok_or("the transaction has no amount")?;
    let date = item.text(DATES).ok_or("the transaction has no date")?;
    let date = dates::read(&date).ok_or("the transaction's date is not a date")?;
    let category = item.object(&["personal_finance_category"])?;
    let category = |name: &str| category.as_ref().and_then(|category| category.text(&[name]));
    let meta = item.object(&["payment_meta"])?;
    let reference = meta.and_then(|meta| meta.words(&["reference_number"])).or_else(|| item.words(&["check_number"]));
    let (id, account_id) =
        (ids::needed(item, "transaction_id", "transaction")?, ids::needed(item, "account_id", "account")?);
    let row = Row {
        currency: currency(item, "transaction")?,
        description: item.words(&["original_description", "name"]),
        merchant: item.words(&["merchant_name"]),
        reference,
        location: place(item)?,
        kind: item.text(&["payment_channel"]),
        category: category("primary"),
        status: item.flag(&["pending"]).map(|pending| match pending {
            true => TransactionStatus::Pending,
            false => TransactionStatus::Posted,
        }),
        predecessor: predecessor(item)?,
        is_transfer: category("detailed").is_some_and(|detailed| OWN_TRANSFERS.contains(&detailed.as_str())),
        ..Row::new(id, account_id, amount, Dated::At(date))
    };
    Ok(row.into_change(None))
}

/// The pending transaction that a posted one replaces.
fn predecessor(item: &Document<'_>) -> Understood<Option<String>> {
    ids::id(item, &["pending_transaction_id"], "pending transaction")
}

/// A removed transaction.
pub(super) fn removed(item: &Document<'_>) -> Understood<Change> {
    let update = Update::TransactionDeleted {
        transaction_id: ids::needed(item, "transaction_id", "transaction")?,
        account_id: ids::needed(item, "account_id", "account")?,
    };
    Ok(Change { version: None, update })
}

/// An account. At Plaid the debt on a card or a loan is positive.
pub(super) fn account(item: &Document<'_>) -> Understood<Change> {
    let balances = item.object(&["balances"])?.ok_or("the account has no balances")?;
    let read = |name: &str| balances.amount(&[name]).map_err(|error| format!("the {name} balance is {error}"));
    let is_owed = matches!(item.text(&["type"]).as_deref(), Some("credit" | "loan"));
    let update = AccountUpdate {
        account_id: ids::needed(item, "account_id", "account")?,
        name: item.words(&["name", "official_name"]).and_then(|name| readable(&name, MAX_NAME)),
        last_digits: item.id(&["mask"]).as_deref().and_then(last_four),
        kind: item.text(&["subtype", "type"]).and_then(|kind| readable(&kind, MAX_KIND)),
        currency: currency(&balances, "account")?,
        balance: read("current")?.map(|balance| if is_owed { -balance } else { balance }),
        available: read("available")?,
    };
    Ok(Change { version: None, update: Update::Account(update) })
}

/// A code of ISO 4217: any other unit (`unofficial_currency_code`) is not the account's money.
fn currency(document: &Document<'_>, what: &str) -> Understood<Option<Currency>> {
    if document.raw(&["unofficial_currency_code"]).is_some() {
        return Err(format!("the currency of the {what} is not in ISO 4217"));
    }
    let code = document.text(&["iso_currency_code"]);
    let read = code.map_or(Ok(None), |code| currencies::currency(&code));
    read.map_err(|error| format!("the currency of the {what} is {error}"))
}

fn place(item: &Document<'_>) -> Understood<Option<String>> {
    let Some(location) = item.object(&["location"])? else { return Ok(None) };
    let parts = ["city", "region", "country"].into_iter().filter_map(|name| location.text(&[name]));
    Ok(Some(parts.collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body;

    #[test]
    fn a_posted_transaction_names_the_pending_one_that_it_replaces() {
        let read = |json: &str| predecessor(&body::object(json.as_bytes()).unwrap()).unwrap();
        assert_eq!(read(r#"{"pending_transaction_id":"p1"}"#).as_deref(), Some("p1"));
        assert_eq!(read(r#"{"pending_transaction_id":null}"#), None);
    }
}
