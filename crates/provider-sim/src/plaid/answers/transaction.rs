//! Transactions.
//!
//! Owns their members. Must not decide which are returned.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::bank::Cents;
use crate::plaid::change_log::Row;

/// A transaction. A positive amount is money out.
#[derive(Debug, Serialize)]
pub(in crate::plaid) struct PlaidTransaction {
    transaction_id: String,
    account_id: String,
    amount: Cents,
    iso_currency_code: &'static str,
    unofficial_currency_code: Option<&'static str>,
    /// The day on which it was posted; while it is pending, the day on which it was made.
    date: String,
    datetime: Option<String>,
    authorized_date: String,
    authorized_datetime: Option<String>,
    name: String,
    merchant_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_description: Option<String>,
    pending: bool,
    pending_transaction_id: Option<String>,
    payment_channel: &'static str,
    personal_finance_category: Option<Value>,
    counterparties: Vec<Value>,
    location: Value,
    payment_meta: Value,
    account_owner: Option<String>,
    check_number: Option<String>,
    transaction_code: Option<String>,
    transaction_type: &'static str,
}

impl PlaidTransaction {
    /// The bank's own text is present if it was requested.
    pub(in crate::plaid) fn new(row: &Row, has_original_description: bool) -> Self {
        let payment = &row.payment;
        let (primary, detailed) = &payment.category;
        let category = json!({ "primary": primary, "detailed": detailed, "confidence_level": "VERY_HIGH" });
        let counterparty = |name: &String| json!({ "name": name, "type": "merchant", "website": null, "logo_url": null, "confidence_level": "VERY_HIGH" });
        Self {
            transaction_id: row.id.clone(),
            account_id: payment.account.clone(),
            amount: -payment.cents,
            iso_currency_code: "USD",
            unofficial_currency_code: None,
            date: day(payment.posted_at().unwrap_or(payment.made_at)),
            datetime: None,
            authorized_date: day(payment.made_at),
            authorized_datetime: None,
            name: payment.merchant.clone().unwrap_or_else(|| payment.description.clone()),
            merchant_name: payment.merchant.clone(),
            original_description: has_original_description.then(|| payment.description.clone()),
            pending: payment.is_pending(),
            pending_transaction_id: row.pending_id.clone(),
            payment_channel: if payment.merchant.is_some() { "in store" } else { "other" },
            personal_finance_category: (!primary.is_empty()).then_some(category),
            counterparties: payment.merchant.iter().map(counterparty).collect(),
            location: nothing_of(&[
                "address",
                "city",
                "region",
                "postal_code",
                "country",
                "lat",
                "lon",
                "store_number",
            ]),
            payment_meta: nothing_of(&[
                "reference_number",
                "ppd_id",
                "payee",
                "by_order_of",
                "payer",
                "payment_method",
                "payment_processor",
                "reason",
            ]),
            account_owner: None,
            check_number: None,
            transaction_code: None,
            transaction_type: if payment.merchant.is_some() { "place" } else { "unresolved" },
        }
    }
}

/// An object whose members are all null.
fn nothing_of(names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<serde_json::Map<_, _>>().into()
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
