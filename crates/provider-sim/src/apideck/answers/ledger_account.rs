//! Accounts of the ledger.
//!
//! Owns their members. Must not decide which are returned.

use serde::Serialize;
use serde_json::{Value, json};

use super::time;
use crate::apideck::record::LedgerAccount;
use crate::bank::Cents;

/// An account in Apideck's form.
#[derive(Debug, Serialize)]
pub(in crate::apideck) struct UnifiedAccount {
    id: String,
    display_id: String,
    nominal_code: String,
    code: String,
    classification: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    opening_balance: Cents,
    current_balance: Cents,
    currency: String,
    active: bool,
    status: &'static str,
    bank_account: Value,
    created_at: String,
    updated_at: String,
}

impl UnifiedAccount {
    pub(in crate::apideck) fn new(account: &LedgerAccount, balance: Cents) -> Self {
        Self {
            id: account.id.clone(),
            display_id: account.code.clone(),
            nominal_code: account.code.clone(),
            code: account.code.clone(),
            classification: "asset",
            kind: "bank",
            name: account.name.clone(),
            opening_balance: account.opening,
            current_balance: balance,
            currency: account.currency.clone(),
            active: true,
            status: "active",
            bank_account: json!({
                "account_name": account.name,
                "account_number": account.number,
                "account_type": "bank_account",
                "currency": account.currency,
            }),
            created_at: time(account.created_at),
            updated_at: time(account.created_at),
        }
    }
}
