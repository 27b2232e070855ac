//! The JSON form of a transaction that the core app expects.
//!
//! Owns the body of `POST {CORE_APP_URL}/api/bank/transactions`. Must not send it.

use serde::Serialize;
use serde_json::value::RawValue;
use wire::{Amount, DatePrecision, PrimaryType, Transaction};

/// `amount` is positive; `type` says whether it is money in or out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload<'a> {
    transaction_id: &'a str,
    description: &'a str,
    amount: Amount,
    date: &'a str,
    /// Not in the original service: `day` or `instant`.
    date_precision: DatePrecision,
    r#type: &'static str,
    primary_type: PrimaryType,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    currency: wire::Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<Amount>,
    source: &'a str,
    connector_id: &'a str,
    connector_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    /// Not in the original service: the direction of a transfer, and its account.
    signed_amount: Amount,
    account_id: &'a str,
    connection_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<wire::TransactionStatus>,
}

impl<'a> From<&'a Transaction> for Payload<'a> {
    fn from(transaction: &'a Transaction) -> Self {
        Self {
            transaction_id: &transaction.transaction_id,
            description: &transaction.description,
            amount: transaction.amount.abs(),
            date: &transaction.date,
            date_precision: transaction.precision(),
            r#type: match transaction.primary_type {
                PrimaryType::Transfer => "transfer",
                _ if transaction.amount.is_negative() => "debit",
                _ => "credit",
            },
            primary_type: transaction.primary_type,
            secondary_type: transaction.secondary_type.as_deref(),
            category: transaction.category_hint.as_deref(),
            merchant: transaction.merchant.as_deref(),
            reference: transaction.reference.as_deref(),
            currency: transaction.currency,
            location: transaction.location.as_deref(),
            balance: transaction.balance,
            source: &transaction.source,
            connector_id: &transaction.connector_id,
            connector_type: &transaction.connector_type,
            metadata: transaction.metadata.as_deref(),
            signed_amount: transaction.amount,
            account_id: &transaction.account_id,
            connection_id: &transaction.connection_id,
            status: transaction.status,
        }
    }
}
