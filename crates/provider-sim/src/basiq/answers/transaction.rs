//! Transactions.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use super::{day, time};
use crate::bank::{Connection, Payment, PaymentStatus};
use crate::basiq::filter::{class, direction, status};
use crate::basiq::options::BasiqOptions;
use crate::basiq::row::Row;

/// A transaction. While it is pending, `postDate` is null and there is no balance; `enrich` is null for partners
/// without Enrich.
pub(in crate::basiq) fn transaction(options: &BasiqOptions, connection: &Connection, row: &Row) -> Value {
    let (links, payment) = (&options.links, &row.payment);
    let of_user = format!("{links}/users/{}", connection.user);
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
        "transactionDate": if options.tells_times { time(payment.made_at) } else { day(payment.made_at) },
        "postDate": payment.posted_at().map(time),
        "subClass": sub_class,
        "enrich": options.has_enrich.then(|| enrichment(payment)),
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

/// The data that Enrich adds: the business, if one was paid, and its ANZSIC group.
fn enrichment(payment: &Payment) -> Value {
    let (code, title) = &payment.category;
    let merchant = payment.merchant.as_ref().map(|name| {
        json!({
            "id": format!("merchant-{}", name.to_lowercase().replace(' ', "-")),
            "businessName": name,
            "ABN": "",
            "website": "",
            "logoMaster": "",
            "logoThumb": "",
        })
    });
    let category = (!code.is_empty()).then(|| json!({ "anzsic": { "group": { "code": code, "title": title } } }));
    json!({
        "cleanDescription": payment.merchant.as_ref().unwrap_or(&payment.description),
        "tags": [],
        "merchant": merchant,
        "location": null,
        "category": category,
    })
}
