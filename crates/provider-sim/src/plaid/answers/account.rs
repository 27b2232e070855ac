//! Accounts.
//!
//! Owns their members. Must not decide which are returned.

use serde::Serialize;

use crate::bank::{Account, AccountKind, Cents};

/// An account. The debt on a credit card is a positive `current`.
#[derive(Debug, Serialize)]
pub(in crate::plaid) struct PlaidAccount {
    account_id: String,
    balances: Balances,
    mask: String,
    name: String,
    official_name: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    subtype: &'static str,
}

#[derive(Debug, Serialize)]
struct Balances {
    available: Cents,
    current: Cents,
    limit: Option<Cents>,
    iso_currency_code: &'static str,
    unofficial_currency_code: Option<&'static str>,
}

/// The limit of a card.
const LIMIT: Cents = Cents(500_000);

impl PlaidAccount {
    /// `available` is the balance including pending payments.
    pub(in crate::plaid) fn new(account: &Account, available: Cents) -> Self {
        let (kind, subtype) = match account.kind {
            AccountKind::Transaction => ("depository", "checking"),
            AccountKind::Savings => ("depository", "savings"),
            AccountKind::CreditCard => ("credit", "credit card"),
        };
        let is_card = account.kind == AccountKind::CreditCard;
        let balances = Balances {
            available: if is_card { LIMIT + available } else { available },
            current: if is_card { -account.balance } else { account.balance },
            limit: is_card.then_some(LIMIT),
            iso_currency_code: "USD",
            unofficial_currency_code: None,
        };
        let number = &account.number.1;
        Self {
            account_id: account.id.clone(),
            balances,
            mask: number.get(number.len().saturating_sub(4)..).unwrap_or(number).to_owned(),
            name: account.name.clone(),
            official_name: None,
            kind,
            subtype,
        }
    }
}
