//! The transactions of a merchant's account at TrueLayer.
//!
//! Owns the mapping of their members to ours, and the direction of each type: amounts have no sign. Must not guess the
//! meaning of an unknown type or status.
//!
//! <https://docs.truelayer.com/docs/get-your-merchant-account-transactions-or-payment-sources>,
//! <https://github.com/TrueLayer/truelayer-java> (`merchantaccounts/entities/transactions`)

use ledger::{Change, Dated};
use wire::{Amount, Currency, TransactionStatus};

use crate::json::Document;
use crate::meaning::event_name;
use crate::row::Row;
use crate::understood::Understood;
use crate::{dates, ids, minor_units};

/// A transaction of a list.
pub(super) fn transaction(item: &Document<'_>, account_id: &str) -> Understood<Change> {
    let id = ids::needed(item, "id", "transaction")?;
    let kind = item.text(&["type"]).ok_or("the transaction has no type")?;
    let row = match kind.as_str() {
        "external_payment" => external_payment(item, id, account_id)?,
        "merchant_account_payment" => Row { kind: Some(kind), ..incoming(item, id, account_id, "payment_source")? },
        "payout" | "refund" => outgoing(item, id, account_id, kind)?,
        other => return Err(format!("its type '{}' is unknown", event_name(other))),
    };
    Ok(row.into_change(None))
}

/// Money that arrived without a payment request at TrueLayer: in a webhook, or in a list.
pub(super) fn external_payment(item: &Document<'_>, id: String, account_id: &str) -> Understood<Row> {
    incoming(item, id, account_id, "remitter")
}

/// Money in, which is reported once it is settled. `payer` is the name of the payer's member.
fn incoming(item: &Document<'_>, id: String, account_id: &str, payer: &str) -> Understood<Row> {
    let (amount, currency) = money(item)?;
    let date = date(item, "settled_at")?;
    let payer = item.object(&[payer])?;
    let text = |name: &str| payer.as_ref().and_then(|payer| payer.words(&[name]));
    Ok(Row {
        currency: Some(currency),
        merchant: text("account_holder_name"),
        reference: text("reference"),
        status: Some(TransactionStatus::Posted),
        ..Row::new(id, account_id.to_owned(), amount, date)
    })
}

/// Money out.
fn outgoing(item: &Document<'_>, id: String, account_id: &str, kind: String) -> Understood<Row> {
    let (amount, currency) = money(item)?;
    let (status, date) = match item.text(&["status"]).as_deref() {
        Some("pending") => (TransactionStatus::Pending, date(item, "created_at")?),
        Some("executed") => (TransactionStatus::Posted, date(item, "executed_at")?),
        other => return Err(format!("its status '{}' is unknown", event_name(other.unwrap_or_default()))),
    };
    let beneficiary = item.object(&["beneficiary"])?;
    let text = |name: &str| beneficiary.as_ref().and_then(|beneficiary| beneficiary.words(&[name]));
    Ok(Row {
        currency: Some(currency),
        merchant: text("account_holder_name"),
        reference: text("reference"),
        kind: Some(kind),
        status: Some(status),
        ..Row::new(id, account_id.to_owned(), -amount, date)
    })
}

fn money(item: &Document<'_>) -> Understood<(Amount, Currency)> {
    let currency = item.text(&["currency"]).ok_or("the payment has no currency")?;
    let currency: Currency = currency.parse().map_err(|error| format!("the currency is {error}"))?;
    let amount = minor_units::read(item, "amount_in_minor", currency.decimals(), "amount")?;
    let amount = amount.ok_or("the payment has no amount")?;
    if amount.is_negative() {
        return Err("the amount of the payment is negative".to_owned());
    }
    Ok((amount, currency))
}

fn date(item: &Document<'_>, name: &str) -> Understood<Dated> {
    let time = item.text(&[name]).ok_or("the payment has no time")?;
    dates::read(&time).map(Dated::At).ok_or_else(|| "the payment's time is not a date".to_owned())
}
