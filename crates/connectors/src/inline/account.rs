//! Accounts, alone or next to a transaction.
//!
//! Owns the senders' names for the members of an account. Must not report what the sender did not.

use ledger::{AccountUpdate, Change, Update};
use wire::Currency;

use super::{Envelope, Understood, Verb, currency, id, money, version};
use crate::json::Document;
use crate::masking::{last_four, readable};

/// The longest name of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

const BALANCES: &[&str] = &["balance", "currentBalance", "current_balance", "current"];

/// The change that an account's or a balance's event reports.
pub(super) fn changes(envelope: &Envelope<'_>, data: &Document<'_>) -> Understood<Vec<Change>> {
    if envelope.event.verb() == Verb::Deleted {
        return Err(format!("{} removes an account, which is not handled", envelope.event));
    }
    let (account, names): (_, &[&str]) = match data.object(&["account"])? {
        Some(account) => (account, &["id", "accountId", "account_id"]),
        None if envelope.has_data() => (data.clone(), &["accountId", "account_id", "account", "id"]),
        // Next to the event's name, `id` is the event's.
        None => (data.clone(), &["accountId", "account_id", "account"]),
    };
    let account_id = match id(&account, names, "account")? {
        Some(id) => Some(id),
        None => id(data, &["accountId", "account_id"], "account")?,
    };
    let update = read(&account, account_id.ok_or_else(|| envelope.without("account"))?)?;
    let Some(update) = update else { return Err(envelope.without("name or balance of the account")) };
    Ok(vec![change(&account, update, envelope.version(data))])
}

/// The currency that an account names, even if the rest of it is not understood.
pub(super) fn currency_of(account: &Document<'_>) -> Understood<Option<Currency>> {
    match currency(account, "account")? {
        Some(currency) => Ok(Some(currency)),
        None if account.raw(BALANCES).is_some_and(|raw| raw.get().starts_with('{')) => {
            Ok(money(account, BALANCES, "balance")?.and_then(|(_, currency)| currency))
        }
        None => Ok(None),
    }
}

/// The change of an account, with the account's own recency, else the event's.
pub(super) fn change(account: &Document<'_>, update: AccountUpdate, event: Option<i64>) -> Change {
    Change { version: version::of_row(account).or(event), update: Update::Account(update) }
}

/// An object's report of the account; `None` if it is only an id.
pub(super) fn read(account: &Document<'_>, account_id: String) -> Understood<Option<AccountUpdate>> {
    let balance = money(account, BALANCES, "balance")?;
    let available = money(
        account,
        &["availableFunds", "available", "availableBalance", "available_balance", "available_funds"],
        "available balance",
    )?;
    // `"balance": {"current": "1.00", "available": "0.90"}`
    let inside = match (available, account.object(&["balance"])?) {
        (None, Some(object)) => money(&object, &["available"], "available balance")?,
        (available, _) => available,
    };
    let number = [
        "maskedNumber",
        "masked_number",
        "accountNo",
        "accountNumber",
        "account_number",
        "unmaskedAccNum",
        "mask",
        "last4",
    ];
    let update = AccountUpdate {
        name: account
            .words(&["name", "displayName", "display_name", "accountName", "account_name", "nickname"])
            .and_then(|name| readable(&name, MAX_NAME)),
        last_digits: number.iter().find_map(|name| account.id(&[*name]).as_deref().and_then(last_four)),
        kind: kind(account)?,
        currency: currency(account, "account")?.or(balance.and_then(|(_, currency)| currency)),
        balance: balance.map(|(amount, _)| amount),
        available: inside.map(|(amount, _)| amount),
        account_id,
    };
    let only_its_id = AccountUpdate { account_id: update.account_id.clone(), ..AccountUpdate::default() };
    Ok((update != only_its_id).then_some(update))
}

/// Basiq's `class.type`, or the same member of other senders. Basiq's own `type` is always `account`.
fn kind(account: &Document<'_>) -> Understood<Option<String>> {
    let found = match account.object(&["class"])? {
        Some(class) => class.text(&["type"]),
        None => account.text(&["class", "accountType", "account_type", "kind", "type"]),
    };
    Ok(found.filter(|kind| kind != "account").and_then(|kind| readable(&kind, MAX_KIND)))
}
