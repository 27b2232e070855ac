//! Meanings in the form of the fixtures' expectations.

use connectors::{Meaning, Wanted};
use ledger::{AccountUpdate, Change, Dated, NewTransaction, Update};
use serde_json::{Value, json};

/// A meaning in the form of the expectations: absent members are left out, and amounts are texts, so that every digit
/// counts.
pub(crate) fn shown(meaning: &Meaning) -> Value {
    match meaning {
        Meaning::Nothing => json!("nothing"),
        Meaning::NotUnderstood(reason) => json!({ "notUnderstood": reason }),
        Meaning::Fetch { event, connection_id, wanted } => {
            let wanted = match wanted {
                Wanted::Transactions => json!("transactions"),
                Wanted::Record { kind, id } => json!({ kind: id }),
            };
            json!({ "event": event, "connectionId": connection_id, "fetch": wanted })
        }
        Meaning::UserChanges { provider_user, changes } => {
            let changes: Vec<Value> = changes.iter().map(shown_change).collect();
            json!({ "providerUser": provider_user, "changes": changes })
        }
        Meaning::Changes { connection_id, changes, rejected } => {
            let changes: Vec<Value> = changes.iter().map(shown_change).collect();
            let mut value = json!({ "connectionId": connection_id, "changes": changes });
            if !rejected.is_empty() {
                value["rejected"] = rejected.iter().map(|one| json!([one.item, one.reason])).collect();
            }
            value
        }
    }
}

/// A change in the form of the expectations.
pub(crate) fn shown_change(change: &Change) -> Value {
    let mut value = match &change.update {
        Update::ConnectionStatus(status) => json!({ "connectionStatus": status }),
        Update::TransactionDeleted { transaction_id, account_id } => {
            json!({ "deleted": transaction_id, "accountId": account_id })
        }
        Update::Account(AccountUpdate { account_id, name, last_digits, kind, currency, balance, available }) => json!({
            "account": account_id, "name": name, "lastDigits": last_digits, "kind": kind, "currency": currency,
            "balance": balance.map(|balance| balance.to_string()), "available": available.map(|amount| amount.to_string()),
        }),
        Update::Transaction(transaction) => shown_transaction(transaction),
    };
    if let Some(members) = value.as_object_mut() {
        members.insert("version".to_owned(), json!(change.version));
        members.retain(|_, value| !value.is_null() && *value != json!([]));
    }
    value
}

fn shown_transaction(new: &NewTransaction) -> Value {
    let (when, is_events) = match &new.date {
        Dated::At(when) => (Some(when), false),
        Dated::Reported(when) => (Some(when), true),
        Dated::Unknown => (None, false),
    };
    json!({
        "transaction": new.transaction_id, "accountId": new.account_id, "amount": new.amount.to_string(),
        "currency": new.currency, "date": when.map(|when| &when.date), "dateIsTheEvents": is_events.then_some(true),
        "datePrecision": when.map(|when| when.precision), "primaryType": new.primary_type,
        "secondaryType": new.secondary_type, "description": new.description,
        "originalDescription": new.original_description, "merchant": new.merchant, "reference": new.reference,
        "location": new.location, "balance": new.balance.map(|balance| balance.to_string()),
        "metadata": new.metadata.as_ref().map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap()),
        "categoryHint": new.category_hint, "tags": new.tags, "receiptUrl": new.receipt_url,
        "documentUrl": new.document_url, "status": new.status,
    })
}
