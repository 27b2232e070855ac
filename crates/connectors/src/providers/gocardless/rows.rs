//! GoCardless's payments.
//!
//! Owns the mapping of their members to ours. Must not guess the meaning of an unknown status.
//!
//! A payment is collected from a customer for a creditor, which is the account here: money in. Refunds and payouts are
//! not read: a refund names a payment but no creditor, and a payout is the collected money, less GoCardless's fees, on
//! its way to the creditor's bank (<https://developer.gocardless.com/api-reference/#core-endpoints-payments>).

use ledger::{Change, Dated, Update};
use wire::{Currency, TransactionStatus};

use crate::json::Document;
use crate::meaning::event_name;
use crate::row::Row;
use crate::understood::Understood;
use crate::{dates, ids, minor_units};

/// A payment.
pub(super) fn payment(item: &Document<'_>) -> Understood<Change> {
    let transaction_id = ids::needed(item, "id", "payment")?;
    let links = item.object(&["links"])?.ok_or("the payment has no links")?;
    let account_id = ids::needed(&links, "creditor", "creditor")?;
    let status = item.text(&["status"]).ok_or("the payment has no status")?;
    let status = match status.as_str() {
        "pending_customer_approval" | "pending_submission" | "submitted" => TransactionStatus::Pending,
        "confirmed" | "paid_out" => TransactionStatus::Posted,
        // Possible even after confirmation. A payment that is retried appears again.
        "cancelled" | "customer_approval_denied" | "failed" | "charged_back" => {
            return Ok(Change { version: None, update: Update::TransactionDeleted { transaction_id, account_id } });
        }
        other => return Err(format!("the status '{}' is unknown", event_name(other))),
    };
    let currency = item.text(&["currency"]).ok_or("the payment has no currency")?;
    let currency: Currency = currency.parse().map_err(|error| format!("the currency is {error}"))?;
    let amount = minor_units::read(item, "amount", currency.decimals(), "amount")?;
    let amount = amount.ok_or("the payment has no amount")?;
    if amount.is_negative() {
        return Err("the amount of the payment is negative".to_owned());
    }
    let row = Row {
        currency: Some(currency),
        description: item.words(&["description"]),
        reference: item.words(&["reference"]),
        kind: Some("payment".to_owned()),
        status: Some(status),
        ..Row::new(transaction_id, account_id, amount, Dated::At(date(item)?))
    };
    Ok(row.into_change(None))
}

/// The date of collection; before that is known, the date of creation.
fn date(item: &Document<'_>) -> Understood<ledger::When> {
    let date = item.text(&["charge_date"]).or_else(|| item.text(&["created_at"]));
    let date = date.ok_or("the payment has no date")?;
    dates::read(&date).ok_or_else(|| "the payment's date is not a date".to_owned())
}
