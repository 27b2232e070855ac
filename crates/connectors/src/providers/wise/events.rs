//! What Wise's webhooks say.
//!
//! Owns the envelope and the events of balances. Must not know how a body is signed.
//!
//! <https://docs.wise.com/api-reference/webhook-event>

use ledger::{AccountUpdate, Change, Dated, Update};
use wire::{Amount, TransactionStatus};

use crate::direction::{self, Way};
use crate::json::Document;
use crate::masking::in_words;
use crate::meaning::{Meaning, Wanted};
use crate::row::Row;
use crate::understood::Understood;
use crate::{body, currencies, dates, ids, signature};

/// The signed content that is the same for each attempt: everything except the sending time. The header with a
/// delivery's id is not signed, and is documented as the attempt's.
pub(super) fn delivery_key(bytes: &[u8]) -> String {
    let body = body::object(bytes);
    let part = |name: &str| body.as_ref().and_then(|body| body.raw(&[name])).map(|raw| raw.get());
    match (part("subscription_id"), part("event_type"), part("data")) {
        (Some(subscription), Some(event), Some(data)) => {
            format!("event:{}", signature::sha256_hex([subscription, event, data].join("\n").as_bytes()))
        }
        _ => signature::event_key(None, bytes),
    }
}

/// The connection is Wise's profile.
pub(super) fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let name = body.text(&["event_type"]).ok_or("the body names no event")?;
    let data = body.object(&["data"])?.ok_or("the body has no data")?;
    let resource = data.object(&["resource"])?;
    let own = |name: &str, what: &str| resource.as_ref().map_or(Ok(None), |resource| ids::id(resource, &[name], what));
    let profile = match own("profile_id", "profile")? {
        Some(profile) => Some(profile),
        None => ids::id(&data, &["profile_id"], "profile")?,
    };
    // Wise tests a new subscription with an event in which all ids are 0.
    if profile.as_deref() == Some("0") {
        return Ok(Meaning::Nothing);
    }
    match name.as_str() {
        "balances#update" | "balances#credit" => {
            let account = match ids::id(&data, &["balance_id"], "balance")? {
                Some(account) => Some(account),
                None => own("id", "balance")?,
            };
            balance(&data, profile.ok_or("the event names no profile")?, account.ok_or("the event names no balance")?)
        }
        "transfers#state-change" => {
            let id = own("id", "transfer")?.ok_or("the event names no transfer")?;
            Ok(Meaning::Fetch {
                event: name,
                connection_id: profile,
                wanted: Wanted::Record { kind: "transfer".to_owned(), id },
            })
        }
        _ => Err(Meaning::unknown_event(&name)),
    }
}

/// A movement into or out of a balance, and the balance after it.
fn balance(data: &Document<'_>, profile: String, account_id: String) -> Understood<Meaning> {
    let unsigned = amount(data, "amount")?.ok_or("the event has no amount")?;
    let after = amount(data, "post_transaction_balance_amount")?;
    let code = data.id(&["currency"]).ok_or("the event has no currency")?;
    let currency = currencies::currency(&code).map_err(|error| format!("the currency is {error}"))?;
    let occurred = data.text(&["occurred_at"]).ok_or("the event has no time")?;
    let date = dates::read(&occurred).ok_or("the time of the event is not a date")?;
    let version = dates::millis(&occurred);
    let kind = data.text(&["channel_name"]).map(|channel| channel.to_lowercase());
    let reference = data.words(&["transfer_reference"]);
    let id = transaction_id(data, reference.as_deref(), &date.date, unsigned, after)?;
    let row = Row {
        currency,
        description: kind.as_deref().map(in_words),
        kind,
        reference,
        balance: after,
        status: Some(TransactionStatus::Posted),
        ..Row::new(id, account_id.clone(), signed(data, unsigned)?, Dated::At(date))
    };
    let account = AccountUpdate { account_id, currency, balance: after, ..AccountUpdate::default() };
    let account = after.map(|_| Change { version, update: Update::Account(account) });
    Meaning::of_items(Ok(profile), [row.into_change(version)].into_iter().chain(account).collect(), vec![])
}

fn amount(data: &Document<'_>, name: &str) -> Understood<Option<Amount>> {
    data.amount(&[name]).map_err(|error| format!("the {} is {error}", name.replace('_', " ")))
}

/// An amount itself has no sign.
fn signed(data: &Document<'_>, amount: Amount) -> Understood<Amount> {
    if amount.is_negative() {
        return Err("the amount is negative".to_owned());
    }
    match data.text(&["transaction_type"]).as_deref().and_then(direction::way) {
        Some(Way::Out) => Ok(-amount),
        Some(Way::In) => Ok(amount),
        None => Err("the direction of the transaction is not known".to_owned()),
    }
}

/// Wise gives movements no id. The number of its step identifies one, together with the transaction's reference if there is
/// one; without a step (schema 2.0.0), its time, its direction, its amount and the balance after it do.
fn transaction_id(
    data: &Document<'_>,
    reference: Option<&str>,
    date: &str,
    amount: Amount,
    after: Option<Amount>,
) -> Understood<String> {
    let step = ids::id(data, &["step_id"], "step")?;
    let id = match (reference, step) {
        (Some(reference), Some(step)) => format!("{reference}:{step}"),
        (None, Some(step)) => format!("step:{step}"),
        (_, None) => {
            let after = after.ok_or("the event names neither its step nor the balance after it")?;
            let way = data.text(&["transaction_type"]).unwrap_or_default().to_lowercase();
            format!("{date}:{way}:{amount}:{after}")
        }
    };
    ids::checked(id, "transaction")
}
