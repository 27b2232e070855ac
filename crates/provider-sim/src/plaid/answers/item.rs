//! Items.
//!
//! Owns their members. Must not decide which are returned.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::plaid::error::ApiError;
use crate::plaid::item::Item;
use crate::plaid::state::INSTITUTION;

/// An item.
pub(in crate::plaid) fn item(known: &Item, webhook: Option<&str>) -> Value {
    json!({
        "item_id": known.id,
        "institution_id": INSTITUTION.0,
        "institution_name": INSTITUTION.1,
        "webhook": webhook,
        "auth_method": null,
        "error": known.trouble.map(|trouble| ApiError::of_trouble(trouble).json()),
        "available_products": ["balance"],
        "billed_products": ["transactions"],
        "products": ["transactions"],
        "consent_expiration_time": null,
        "update_type": "background",
        "created_at": time(known.created_at),
    })
}

/// The times of the item's last update and of the last webhook.
pub(in crate::plaid) fn item_status(known: &Item, last_webhook: Option<(&str, Timestamp)>) -> Value {
    json!({
        "transactions": { "last_successful_update": known.updated_at.map(time), "last_failed_update": null },
        "last_webhook": last_webhook.map(|(code, at)| json!({ "sent_at": time(at), "code_sent": code })),
    })
}

fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
