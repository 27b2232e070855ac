//! Bank accounts that customers link through Stripe (Financial Connections).
//!
//! Owns `financial_connections.account`: each account is a separate connection, because its owner links and unlinks it.
//! Must not fetch its transactions, which no event carries: Stripe's reference does not say which sign of their amounts
//! is money out.
//!
//! <https://docs.stripe.com/api/financial_connections/accounts/object>

use ledger::{AccountUpdate, Change, Update};

use super::event::Event;
use super::money;
use crate::ids;
use crate::masking::{last_four, readable};
use crate::meaning::{Meaning, Wanted, event_name};
use crate::understood::Understood;

/// The longest name and kind of an account, in characters.
const MAX_NAME: usize = 200;
const MAX_KIND: usize = 60;

pub(super) fn meaning(event: &Event<'_>) -> Understood<Meaning> {
    let connection_id = ids::needed(&event.object, "id", "account")?;
    let status = match event.verb() {
        "refreshed_transactions" => {
            let (event, connection_id) = (event_name(&event.name), Some(connection_id));
            return Ok(Meaning::Fetch { event, connection_id, wanted: Wanted::Transactions });
        }
        "refreshed_ownership" | "upcoming_account_number_expiry" | "account_numbers_updated" => {
            return Ok(Meaning::Nothing);
        }
        "refreshed_balance" => None,
        "created" => status_of(event.object.text(&["status"]).as_deref()),
        "reactivated" => Some("active"),
        // It may be reactivated; a disconnected account may not.
        "deactivated" => Some("invalid"),
        "disconnected" => Some("revoked"),
        _ => return Err(Meaning::unknown_event(&event.name)),
    };
    let status = status.map(|status| Change { version: event.version, update: Update::ConnectionStatus(status) });
    let account = Change { version: event.version, update: Update::Account(account(event, &connection_id)?) };
    let changes = status.into_iter().chain([account]).collect();
    Meaning::of_items(Ok(connection_id), changes, vec![])
}

fn status_of(word: Option<&str>) -> Option<&'static str> {
    match word {
        Some("active") => Some("active"),
        Some("inactive") => Some("invalid"),
        Some("disconnected") => Some("revoked"),
        _ => None,
    }
}

fn account(event: &Event<'_>, account_id: &str) -> Understood<AccountUpdate> {
    let object = &event.object;
    let current = object.object(&["balance"])?.map(|balance| balance.object(&["current"])).transpose()?.flatten();
    let balance = current.map(|current| money::only_one(&current)).transpose()?.flatten();
    Ok(AccountUpdate {
        account_id: account_id.to_owned(),
        name: object.words(&["display_name"]).and_then(|name| readable(&name, MAX_NAME)),
        last_digits: object.id(&["last4"]).as_deref().and_then(last_four),
        kind: object.text(&["subcategory", "category"]).and_then(|kind| readable(&kind, MAX_KIND)),
        currency: balance.map(|(_, currency)| currency),
        balance: balance.map(|(amount, _)| amount),
        available: None,
    })
}
