//! Banks that can be connected.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

/// A bank that uses open banking.
pub(in crate::basiq) fn connector(links: &str, id: &str, name: &str) -> Value {
    json!({
        "type": "connector",
        "id": id,
        "method": "openbanking",
        "stage": "live",
        "status": "operational",
        "scopes": ["bank.accounts.basic.read", "bank.transactions.read"],
        "institution": {
            "type": "Test Bank",
            "name": name,
            "shortName": name,
            "tier": "4",
            "country": "Australia",
            "logo": {
                "type": "image",
                "links": { "full": format!("{links}/{id}-full.svg"), "square": format!("{links}/{id}.svg") },
            },
        },
        "authorization": { "type": "token" },
        "stats": {
            "averageDurationMs": {
                "verifyCredentials": 500,
                "retrieveAccounts": 500,
                "retrieveTransactions": 1000,
                "total": 2000,
            },
        },
        "links": { "self": format!("{links}/connectors/{id}/openbanking") },
    })
}
