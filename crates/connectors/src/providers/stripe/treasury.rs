//! Treasury accounts: money in, money out, and returned flows.
//!
//! Owns the flows of money and the account's own balance. Must not add anything up: each flow is one transaction.
//!
//! <https://docs.stripe.com/api/treasury/financial_accounts/object>

use ledger::{AccountUpdate, Change, Update};
use wire::TransactionStatus;

use super::event::{Event, created};
use super::money;
use crate::direction::Way;
use crate::ids;
use crate::json::Document;
use crate::meaning::Meaning;
use crate::row::Row;
use crate::understood::Understood;

/// A kind of flow: its name in the event, its direction, and whether the other side is the owner's as well.
const FLOWS: [(&str, Way, bool); 7] = [
    ("received_credit", Way::In, false),
    ("received_debit", Way::Out, false),
    ("outbound_payment", Way::Out, false),
    ("outbound_transfer", Way::Out, true),
    ("inbound_transfer", Way::In, true),
    ("credit_reversal", Way::Out, false),
    ("debit_reversal", Way::In, false),
];

pub(super) fn meaning(event: &Event<'_>) -> Understood<Meaning> {
    let kind = event.name.split('.').nth(1).unwrap_or_default();
    if kind == "financial_account" {
        return account(event);
    }
    let flow = FLOWS.iter().find(|(name, ..)| *name == kind).ok_or_else(|| Meaning::unknown_event(&event.name))?;
    let connection_id = event.connection_or("financial_account", "financial account")?;
    Ok(Meaning::of(connection_id, change(event, *flow)?))
}

fn change(event: &Event<'_>, (kind, way, is_transfer): (&str, Way, bool)) -> Understood<Change> {
    let object = &event.object;
    let transaction_id = ids::needed(object, "id", "transaction")?;
    let account_id = ids::needed(object, "financial_account", "financial account")?;
    let Some(status) = status(object)? else {
        let update = Update::TransactionDeleted { transaction_id, account_id };
        return Ok(Change { version: event.version, update });
    };
    let (amount, currency) = money::of(object)?;
    if amount.is_negative() {
        return Err(format!("the amount of a {kind} is negative"));
    }
    let amount = if way == Way::Out { -amount } else { amount };
    let row = Row {
        currency: Some(currency),
        description: object.text(&["description"]),
        merchant: other_side(object)?,
        reference: object.text(&["statement_descriptor"]),
        kind: Some(kind.to_owned()),
        status: Some(status),
        is_transfer,
        ..Row::new(transaction_id, account_id, amount, created(object)?)
    };
    Ok(row.into_change(event.version))
}

/// `None` if no money moved in the end: the flow failed, was cancelled, or was returned.
fn status(object: &Document<'_>) -> Understood<Option<TransactionStatus>> {
    if object.flag(&["returned"]) == Some(true) {
        return Ok(None);
    }
    match object.text(&["status"]).as_deref() {
        Some("processing") => Ok(Some(TransactionStatus::Pending)),
        Some("succeeded" | "posted" | "completed") => Ok(Some(TransactionStatus::Posted)),
        Some("failed" | "canceled" | "returned") => Ok(None),
        _ => Err("the status of the flow is not known".to_owned()),
    }
}

/// The name on the account at the other end.
fn other_side(object: &Document<'_>) -> Understood<Option<String>> {
    let details =
        ["initiating_payment_method_details", "destination_payment_method_details", "origin_payment_method_details"];
    let Some(details) = object.object(&details)? else { return Ok(None) };
    Ok(details.object(&["billing_details"])?.and_then(|billing| billing.text(&["name"])))
}

/// The account itself: its balance, or its closure.
fn account(event: &Event<'_>) -> Understood<Meaning> {
    let account_id = ids::needed(&event.object, "id", "financial account")?;
    let connection_id = event.connection_or("id", "financial account")?;
    if event.verb() == "closed" && event.account.is_none() {
        let update = Update::ConnectionStatus("deleted");
        return Ok(Meaning::of(connection_id, Change { version: event.version, update }));
    }
    let cash = event.object.object(&["balance"])?.map(|balance| balance.object(&["cash"])).transpose()?.flatten();
    let balance = cash.map(|cash| money::only_one(&cash)).transpose()?.flatten();
    let (balance, currency) = balance.ok_or("the financial account does not have exactly one balance")?;
    let update =
        AccountUpdate { account_id, currency: Some(currency), balance: Some(balance), ..AccountUpdate::default() };
    Ok(Meaning::of(connection_id, Change { version: event.version, update: Update::Account(update) }))
}
