//! The members of a transaction that have no column of their own.
//!
//! Owns their stored form, which is JSON. Must not know a table.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::{Amount, Transaction};

use crate::store::Result;

/// The members that few transactions have, or that no query looks up.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Details {
    /// The original text of the date, if the columns would produce a different one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider_transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secondary_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) merchant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) balance: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category_hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receipt_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document_url: Option<String>,
}

impl Details {
    /// Reads the stored form.
    pub(super) fn read(text: Option<&str>) -> Result<Self> {
        Ok(text.map(serde_json::from_str).transpose()?.unwrap_or_default())
    }

    /// The stored form of a transaction's details; nothing if it has none.
    pub(super) fn of(transaction: &Transaction, date_ms: i64) -> Result<Option<String>> {
        let details = Details {
            date: (written(date_ms) != transaction.date).then(|| transaction.date.clone()),
            provider_transaction_id: transaction.provider_transaction_id.clone(),
            secondary_type: transaction.secondary_type.clone(),
            original_description: transaction.original_description.clone(),
            merchant: transaction.merchant.clone(),
            reference: transaction.reference.clone(),
            location: transaction.location.clone(),
            balance: transaction.balance,
            metadata: transaction.metadata.clone(),
            category_hint: transaction.category_hint.clone(),
            tags: transaction.tags.clone(),
            receipt_url: transaction.receipt_url.clone(),
            document_url: transaction.document_url.clone(),
        };
        Ok(Some(serde_json::to_string(&details)?).filter(|json| json != "{}"))
    }
}

/// A date as connectors write it: with milliseconds unless they are zero.
pub(super) fn written(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN);
    if millis % 1000 == 0 { format!("{at:.0}") } else { format!("{at:.3}") }
}
