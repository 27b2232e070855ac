//! What Akahu's webhooks say: which account or consent changed.
//!
//! Owns the codes. Must not fetch: no webhook of Akahu carries a transaction.
//!
//! <https://developers.akahu.nz/docs/reference-webhooks>

use jiff::Timestamp;
use ledger::{Change, Update};

use crate::json::{self, Document};
use crate::meaning::{Meaning, Wanted, event_name};
use crate::understood::Understood;
use crate::{ids, signature};

/// Bodies have neither an id nor a time, and the next update of an account may have the same bytes, so the hour is part
/// of the key. A repetition within the hour is recognised; a later one causes one more run.
pub(super) fn delivery_key(body: &[u8], now: Timestamp) -> String {
    format!("{}:{}", now.as_second() / 3600, signature::sha256_hex(body))
}

/// The meaning of an authentic body. The connection is the `state` with which the subscription was made: bodies name
/// accounts and tokens, but no user.
pub(super) fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let (kind, code) =
        body.text(&["webhook_type"]).zip(body.text(&["webhook_code"])).ok_or("the body names no event")?;
    let event = event_name(&format!("{kind}/{code}"));
    let connection_id = ids::id(body, &["state"], "connection")?;
    match (kind.as_str(), code.as_str()) {
        (_, "WEBHOOK_CANCELLED") => Err(format!("{event}: Akahu has ended this subscription")),
        ("TOKEN", "DELETE") => {
            let change = Change { version: None, update: Update::ConnectionStatus("revoked") };
            Ok(Meaning::of(connection_id.ok_or_else(|| no_state(&event))?, change))
        }
        ("TRANSACTION", "DELETE") => deleted(body, connection_id.ok_or_else(|| no_state(&event))?),
        ("TRANSACTION", "INITIAL_UPDATE" | "DEFAULT_UPDATE")
        | ("ACCOUNT", "CREATE" | "UPDATE" | "DELETE" | "MIGRATE") => {
            Ok(Meaning::Fetch { event, connection_id, wanted: Wanted::Transactions })
        }
        // Their money appears as transactions.
        ("TRANSFER" | "PAYMENT", "RECEIVED" | "UPDATE") => Ok(Meaning::Nothing),
        _ => Err(Meaning::unknown_event(&event)),
    }
}

fn no_state(event: &str) -> String {
    format!("{event} names no connection: the subscription was made without a state")
}

fn deleted(body: &Document<'_>, connection_id: String) -> Understood<Meaning> {
    let account_id = ids::needed(body, "item_id", "account")?;
    let mut changes = vec![];
    for raw in body.array(&["removed_transactions"]).ok_or("the event names no transactions")? {
        let id = json::text(raw).ok_or("the id of a transaction is not a string")?;
        let (transaction_id, account_id) = (ids::checked(id, "transaction")?, account_id.clone());
        changes.push(Change { version: None, update: Update::TransactionDeleted { transaction_id, account_id } });
    }
    if changes.is_empty() {
        return Ok(Meaning::Nothing);
    }
    Meaning::of_items(Ok(connection_id), changes, vec![])
}
