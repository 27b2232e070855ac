//! An account as a core app reports it.
//!
//! Owns the conversion to an account update. Must not decide its effect: the ledger does.

use ledger::AccountUpdate;
use wire::api::AccountRequest;

/// The last four digits of an account number; nothing if it has fewer than four.
fn last_digits(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 4).then(|| digits[digits.len() - 4..].iter().collect())
}

/// The longest name of an account, in characters.
const LONGEST_NAME: usize = 200;

/// Converts a core app's report of an account to the form of a provider's report.
pub(crate) fn account_update(request: &AccountRequest) -> AccountUpdate {
    AccountUpdate {
        last_digits: request.account_number.as_deref().and_then(last_digits),
        account_id: request.account_id.clone(),
        name: request.name.as_deref().and_then(|name| connectors::readable(name, LONGEST_NAME)),
        kind: request.kind.as_deref().and_then(|kind| connectors::readable(kind, LONGEST_NAME)),
        currency: request.currency,
        balance: request.balance,
        available: request.available,
    }
}
