//! What TrueLayer's webhooks say: about a merchant's account, and about payments and mandates.
//!
//! Owns the events. Must not guess an amount: those of payments and payouts are not in their events.
//!
//! <https://docs.truelayer.com/docs/payments-api-webhook-reference>

use ledger::{AccountUpdate, Change, Update};
use wire::Currency;

use super::rows;
use crate::json::Document;
use crate::meaning::{Meaning, Wanted};
use crate::understood::Understood;
use crate::{dates, ids, minor_units};

pub(super) fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let name = body.text(&["type", "event_type"]).ok_or("the body names no event")?;
    match name.as_str() {
        "external_payment_received" => received(body),
        "balance_notification" => balance(body),
        "mandate_authorized" => mandate(body, "active", "authorized_at"),
        "mandate_failed" | "mandate_authorization_failed" => mandate(body, "invalid", "failed_at"),
        "mandate_revoked" => mandate(body, "revoked", "revoked_at"),
        // Only these move money; an authorised payment may still fail.
        "payment_executed" | "payment_settled" | "payment_creditable" | "payment_reversed" => {
            record(body, &name, "payment")
        }
        "payout_executed" => record(body, &name, "payout"),
        "refund_executed" => record(body, &name, "refund"),
        "payment_authorized" | "payment_failed" | "payment_settlement_stalled" | "payout_failed" | "refund_failed" => {
            Ok(Meaning::Nothing)
        }
        _ => Err(Meaning::unknown_event(&name)),
    }
}

/// A record's event. The connection is the merchant's account, if the event names one.
fn record(body: &Document<'_>, name: &str, kind: &str) -> Understood<Meaning> {
    let wanted = Wanted::Record { kind: kind.to_owned(), id: ids::needed(body, &format!("{kind}_id"), kind)? };
    let connection_id = ids::id(body, &["merchant_account_id"], "merchant account")?;
    Ok(Meaning::Fetch { event: name.to_owned(), connection_id, wanted })
}

/// Money that arrived in a merchant's account without a payment request at TrueLayer.
fn received(body: &Document<'_>) -> Understood<Meaning> {
    let account_id = ids::needed(body, "merchant_account_id", "merchant account")?;
    let id = ids::needed(body, "transaction_id", "transaction")?;
    let row = rows::external_payment(body, id, &account_id)?;
    let settled = body.text(&["settled_at"]).and_then(|settled| dates::millis(&settled));
    Ok(Meaning::of(account_id, row.into_change(settled)))
}

/// The balance of a merchant's account.
fn balance(body: &Document<'_>) -> Understood<Meaning> {
    let account_id = ids::needed(body, "merchant_account_id", "merchant account")?;
    let currency = body.text(&["currency"]).ok_or("the balance has no currency")?;
    let currency: Currency = currency.parse().map_err(|error| format!("the currency is {error}"))?;
    let read = |name: &str, what: &str| minor_units::read(body, name, currency.decimals(), what);
    let update = AccountUpdate {
        account_id: account_id.clone(),
        currency: Some(currency),
        balance: Some(read("current_balance_in_minor", "balance")?.ok_or("the event has no balance")?),
        available: read("available_balance_in_minor", "available balance")?,
        ..AccountUpdate::default()
    };
    let time = body.text(&["notified_at", "timestamp"]).and_then(|time| dates::millis(&time));
    Ok(Meaning::of(account_id, Change { version: time, update: Update::Account(update) }))
}

/// A mandate is a payer's consent: a separate connection, for those who register it.
fn mandate(body: &Document<'_>, status: &'static str, time: &str) -> Understood<Meaning> {
    let version = body.text(&[time]).and_then(|time| dates::millis(&time));
    let change = Change { version, update: Update::ConnectionStatus(status) };
    Ok(Meaning::of(ids::needed(body, "mandate_id", "mandate")?, change))
}
