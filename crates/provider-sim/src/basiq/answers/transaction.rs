//! Transactions.
//!
//! Owns their members. Must not decide which are answered.

use serde_json::{Value, json};

use super::{day, time};
use crate::bank::{Connection, PaymentStatus};
use crate::basiq::filter::{class, direction, status};
use crate::basiq::row::Row;

/// A transaction. `postDate` is null while it is pending, and there is no balance then; `enrich` is null for partners without Enrich.
pub(in crate::basiq) fn transaction(links: &str, connection: &Connection, row: &Row) -> Value {
    let (of_user, payment) = (format!("{links}/users/{}", connection.user), &row.payment);
    let (code, title) = &payment.category;
    let sub_class = if code.is_empty() { json!({}) } else { json!({ "code": code, "title": title }) };
    let mut transaction = json!({
        "type": "transaction",
        "id": row.id,
        "status": status(payment),
        "description": payment.description,
        "reference": "",
        "amount": payment.cents.to_string(),
        "currency": "AUD",
        "account": payment.account,
        "direction": direction(payment),
        "class": class(payment),
        "institution": connection.institution,
        "connection": connection.id,
        "transactionDate": day(payment.made_at),
        "postDate": payment.posted_at().map(time),
        "subClass": sub_class,
        "enrich": null,
        "links": {
            "self": format!("{of_user}/transactions/{}", row.id),
            "account": format!("{of_user}/accounts/{}", payment.account),
            "institution": format!("{links}/institutions/{}", connection.institution),
            "connection": format!("{of_user}/connections/{}", connection.id),
        },
    });
    if let PaymentStatus::Posted { balance, .. } = payment.status {
        transaction["balance"] = json!(balance.to_string());
    }
    transaction
}
