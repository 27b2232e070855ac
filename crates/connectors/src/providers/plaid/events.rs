//! What Plaid's webhooks say: that an item's transactions changed, or that the item's state did.
//!
//! Owns the codes. Must not fetch: no webhook of Plaid carries a transaction.
//!
//! <https://plaid.com/docs/api/products/transactions/#webhooks>, <https://plaid.com/docs/api/items/#webhooks>

use ledger::{Change, Update};

use crate::ids;
use crate::json::Document;
use crate::meaning::{Meaning, Wanted, event_name};
use crate::understood::Understood;

/// The meaning of an authentic body. Bodies carry no time, so the order of arrival decides.
pub(super) fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let (kind, code) =
        body.text(&["webhook_type"]).zip(body.text(&["webhook_code"])).ok_or("the body names no event")?;
    let name = format!("{kind}/{code}");
    match (kind.as_str(), code.as_str()) {
        ("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE") => Ok(Meaning::Fetch {
            event: event_name(&name),
            connection_id: Some(ids::needed(body, "item_id", "item")?),
            wanted: Wanted::Transactions,
        }),
        // Plaid also sends these, for clients that do not use /transactions/sync.
        ("TRANSACTIONS", "INITIAL_UPDATE" | "HISTORICAL_UPDATE" | "DEFAULT_UPDATE" | "TRANSACTIONS_REMOVED") => {
            Ok(Meaning::Nothing)
        }
        ("TRANSACTIONS", "RECURRING_TRANSACTIONS_UPDATE") => Ok(Meaning::Nothing),
        // The item still works: its consent ends in a week, or it has accounts that were not shared.
        (
            "ITEM",
            "PENDING_EXPIRATION" | "PENDING_DISCONNECT" | "NEW_ACCOUNTS_AVAILABLE" | "WEBHOOK_UPDATE_ACKNOWLEDGED",
        ) => Ok(Meaning::Nothing),
        ("ITEM", "ERROR") => status(body, of_error(body)?),
        ("ITEM", "LOGIN_REPAIRED") => status(body, "active"),
        ("ITEM", "USER_PERMISSION_REVOKED") => status(body, "revoked"),
        ("ITEM", "USER_ACCOUNT_REVOKED") => {
            Err("the consent for one account of the item was withdrawn; a single account cannot be removed here"
                .to_owned())
        }
        _ => Err(Meaning::unknown_event(&name)),
    }
}

/// The status after an error of the item: it has to be linked again, unless its user has revoked the permission.
fn of_error(body: &Document<'_>) -> Understood<&'static str> {
    let code = body.object(&["error"])?.and_then(|error| error.text(&["error_code"]));
    Ok(if code.as_deref() == Some("USER_PERMISSION_REVOKED") { "revoked" } else { "invalid" })
}

fn status(body: &Document<'_>, status: &'static str) -> Understood<Meaning> {
    let change = Change { version: None, update: Update::ConnectionStatus(status) };
    Ok(Meaning::of(ids::needed(body, "item_id", "item")?, change))
}
