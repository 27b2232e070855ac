//! Events and their types.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use super::time;
use crate::basiq::event::Event;

/// An event.
pub(in crate::basiq) fn event(links: &str, known: &Event) -> Value {
    let (entity, verb) = known.entity_and_verb();
    json!({
        "type": "event",
        "id": known.id,
        "createdDate": time(known.at),
        "entity": entity,
        "eventType": verb,
        "userId": known.user,
        "dataRef": known.entity_link(links),
        "data": known.data,
        "links": { "self": format!("{links}/events/{}", known.id) },
    })
}

/// A type of event.
pub(in crate::basiq) fn event_type(links: &str, name: &str, meaning: &str) -> Value {
    json!({
        "type": "event-type",
        "id": name,
        "description": meaning,
        "links": { "self": format!("{links}/events/types/{name}") },
    })
}
