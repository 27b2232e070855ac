//! A merchant's balance at Stripe, one for each currency.
//!
//! Owns `balance.available`. Must not follow the payments that make up a balance.
//!
//! <https://docs.stripe.com/api/balance/balance_object>

use std::collections::BTreeMap;

use ledger::{AccountUpdate, Change, Update};
use wire::{Amount, Currency};

use super::event::Event;
use super::money;
use crate::ids;
use crate::json::Document;
use crate::meaning::Meaning;
use crate::understood::Understood;

/// The booked balance is the available plus the pending amount; each currency is a separate account.
pub(super) fn meaning(event: &Event<'_>, own_account: Option<&str>) -> Understood<Meaning> {
    let own_account = own_account.map(str::to_owned);
    let connection_id = event.account.clone().or(own_account);
    let connection_id = connection_id.ok_or("the event names no Connect account, and STRIPE_ACCOUNT is not set")?;
    let available = by_currency(&event.object, "available")?;
    let pending = by_currency(&event.object, "pending")?;
    let change = |(currency, available): (&Currency, &Amount)| -> Understood<Change> {
        let balance = available.checked_add(pending.get(currency).copied().unwrap_or_default());
        let update = AccountUpdate {
            // A user with two accounts at Stripe has one for each.
            account_id: ids::checked(format!("{connection_id}:{}", currency.code().to_lowercase()), "balance")?,
            name: Some(format!("Stripe balance, {currency}")),
            currency: Some(*currency),
            balance: Some(balance.ok_or("the balance is out of range")?),
            available: Some(*available),
            ..AccountUpdate::default()
        };
        Ok(Change { version: event.version, update: Update::Account(update) })
    };
    let changes: Vec<Change> = available.iter().map(change).collect::<Result<_, _>>()?;
    if changes.is_empty() {
        return Err("the balance names no currency".to_owned());
    }
    Meaning::of_items(Ok(connection_id), changes, vec![])
}

fn by_currency(balance: &Document<'_>, name: &str) -> Understood<BTreeMap<Currency, Amount>> {
    let mut found = BTreeMap::new();
    for raw in balance.array(&[name]).unwrap_or_default() {
        let one = Document::open(raw)?.ok_or("a balance is not an object")?;
        let (amount, currency) = money::of(&one)?;
        if found.insert(currency, amount).is_some() {
            return Err("the balance names a currency twice".to_owned());
        }
    }
    Ok(found)
}
