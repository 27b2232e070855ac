//! The webhooks' bodies.
//!
//! Owns their members (<https://plaid.com/docs/api/products/transactions/#webhooks>,
//! <https://plaid.com/docs/api/items/#webhooks>). Must not send anything.
//!
//! They are indented by two spaces, like Plaid's: a verifier must not rewrite them.

use serde_json::{Value, json};

use super::error::ApiError;
use super::item::Trouble;
use crate::webhooks::Message;

/// The kinds of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    SyncUpdatesAvailable,
    /// These are for `/transactions/get`, and are sent in addition to the previous one.
    InitialUpdate {
        new: usize,
    },
    HistoricalUpdate {
        new: usize,
    },
    DefaultUpdate {
        new: usize,
    },
    TransactionsRemoved {
        ids: Vec<String>,
    },
    Trouble(Trouble),
    LoginRepaired,
}

impl Happened {
    /// `webhook_code`
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::SyncUpdatesAvailable => "SYNC_UPDATES_AVAILABLE",
            Self::InitialUpdate { .. } => "INITIAL_UPDATE",
            Self::HistoricalUpdate { .. } => "HISTORICAL_UPDATE",
            Self::DefaultUpdate { .. } => "DEFAULT_UPDATE",
            Self::TransactionsRemoved { .. } => "TRANSACTIONS_REMOVED",
            Self::Trouble(Trouble::LoginRequired) => "ERROR",
            Self::Trouble(Trouble::PermissionRevoked) => "USER_PERMISSION_REVOKED",
            Self::LoginRepaired => "LOGIN_REPAIRED",
        }
    }

    /// `webhook_type`
    fn kind(&self) -> &'static str {
        if matches!(self, Self::Trouble(_) | Self::LoginRepaired) { "ITEM" } else { "TRANSACTIONS" }
    }

    fn add_to(&self, body: &mut Value) {
        match self {
            Self::SyncUpdatesAvailable => {
                body["initial_update_complete"] = json!(true);
                body["historical_update_complete"] = json!(true);
            }
            Self::InitialUpdate { new } | Self::HistoricalUpdate { new } | Self::DefaultUpdate { new } => {
                body["error"] = Value::Null;
                body["new_transactions"] = json!(new);
            }
            Self::TransactionsRemoved { ids } => {
                body["error"] = Value::Null;
                body["removed_transactions"] = json!(ids);
            }
            Self::Trouble(trouble) => body["error"] = ApiError::of_trouble(*trouble).json(),
            Self::LoginRepaired => {}
        }
    }
}

/// The webhook for a message. Plaid's have no id; this one is for the sender's use only.
pub(super) fn message(id: String, item: &str, happened: &Happened) -> Message {
    let mut body = json!({
        "webhook_type": happened.kind(),
        "webhook_code": happened.code(),
        "item_id": item,
        "environment": "sandbox",
    });
    happened.add_to(&mut body);
    Message { id, event: happened.code().to_owned(), body: format!("{body:#}") }
}
