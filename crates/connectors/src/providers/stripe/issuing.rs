//! Cards that Stripe issues: payments and refunds.
//!
//! Owns `issuing.transaction`. Must not read authorizations: they may never be captured, and nothing here links an
//! authorization with its capture.
//!
//! <https://docs.stripe.com/api/issuing/transactions/object>

use wire::TransactionStatus;

use super::event::{Event, created};
use super::money;
use crate::ids;
use crate::meaning::Meaning;
use crate::row::Row;
use crate::understood::Understood;

/// A capture is negative and a refund positive, as in the cardholder's balance.
pub(super) fn meaning(event: &Event<'_>) -> Understood<Meaning> {
    let object = &event.object;
    let connection_id = event.connection_or("cardholder", "cardholder")?;
    let (amount, currency) = money::of(object)?;
    let id = ids::needed(object, "id", "transaction")?;
    let row = Row::new(id, ids::needed(object, "card", "card")?, amount, created(object)?);
    let merchant = object.object(&["merchant_data"])?;
    let text = |name: &str| merchant.as_ref().and_then(|merchant| merchant.words(&[name]));
    let place: Vec<String> = ["city", "state", "country"].into_iter().filter_map(text).collect();
    let row = Row {
        currency: Some(currency),
        merchant: text("name"),
        location: Some(place.join(", ")),
        category: text("category"),
        kind: object.text(&["type"]),
        status: Some(TransactionStatus::Posted),
        ..row
    };
    Ok(Meaning::of(connection_id, row.into_change(event.version)))
}
