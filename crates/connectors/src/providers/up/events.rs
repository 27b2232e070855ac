//! What Up's webhooks say: which transaction changed.
//!
//! Owns the event's form. Must not know how it is signed.

use crate::ids;
use crate::json::Document;
use crate::meaning::{Meaning, Wanted, event_name};
use crate::understood::Understood;

/// The webhook that a body names, which is the connection: `data.relationships.webhook.data.id`.
pub(super) fn webhook(body: &Document<'_>) -> Option<String> {
    let event = body.object(&["data"]).ok()??;
    related(&event, "webhook").ok()?
}

/// The meaning of an authentic body.
pub(super) fn meaning(body: &Document<'_>) -> Understood<Meaning> {
    let event = body.object(&["data"])?.ok_or("the body has no data")?;
    let attributes = event.object(&["attributes"])?;
    let name = attributes.and_then(|attributes| attributes.text(&["eventType"])).ok_or("the body names no event")?;
    let wanted = match name.as_str() {
        "PING" => return Ok(Meaning::Nothing),
        "TRANSACTION_CREATED" | "TRANSACTION_SETTLED" => Wanted::Record {
            kind: "transaction".to_owned(),
            id: related(&event, "transaction")?.ok_or("the id of the transaction is missing")?,
        },
        // The event names no account, and the transaction can no longer be fetched: a run finds that it is missing from
        // the lists.
        "TRANSACTION_DELETED" => Wanted::Transactions,
        _ => return Err(Meaning::unknown_event(&name)),
    };
    Ok(Meaning::Fetch { event: event_name(&name), connection_id: related(&event, "webhook")?, wanted })
}

/// The id of a related resource (<https://jsonapi.org/format/1.0/#document-resource-object-relationships>).
pub(super) fn related(resource: &Document<'_>, name: &str) -> Understood<Option<String>> {
    let Some(relationships) = resource.object(&["relationships"])? else { return Ok(None) };
    let Some(relationship) = relationships.object(&[name])? else { return Ok(None) };
    let Some(named) = relationship.object(&["data"])? else { return Ok(None) };
    ids::id(&named, &["id"], name)
}
