//! A connection's own state.
//!
//! Owns the words for it. Must not decide which connection is whose.

use ledger::{Change, Update};

use super::{Envelope, Understood, id, id_of, version};
use crate::json::Document;

/// The change that a connection's event reports: by its verb, else by the state in its object.
pub(super) fn changes(envelope: &Envelope<'_>, data: &Document<'_>) -> Understood<Vec<Change>> {
    let object = data.object(&["connection"])?;
    let found =
        [object.as_ref(), Some(data)].into_iter().flatten().find_map(|document| document.text(&["status", "state"]));
    let by_event = status_word(envelope.event.verb_text());
    let status = by_event
        .or_else(|| found.as_deref().and_then(status_word))
        .ok_or_else(|| format!("{} has no state of the connection", envelope.event))?;
    let row = object.as_ref().and_then(version::of_row);
    Ok(vec![change(status, by_event.is_some(), row, envelope.version(data))])
}

/// The change of a status. If the event itself names the status, the event's time is the recency, because the
/// connection's own time may be older. Otherwise the connection's own time is.
pub(crate) fn change(status: &'static str, is_the_events: bool, row: Option<i64>, event: Option<i64>) -> Change {
    let version = if is_the_events { event.or(row) } else { row.or(event) };
    Change { version, update: Update::ConnectionStatus(status) }
}

/// Our word for a provider's: a state's name or an event's verb. `None` if it names no state.
pub(crate) fn status_word(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "active" | "activated" | "created" | "callable" | "connected" | "reactivated" | "valid" => "active",
        // Apideck: `added` and `authorized` still need settings (vault.yml, ConnectionState).
        "pending" | "pre-init" | "added" | "available" | "authorized" | "connecting" => "pending",
        "invalid" | "invalidated" | "disabled" | "error" | "failed" | "expired" | "disconnected" => "invalid",
        "revoked" => "revoked",
        "deleted" | "removed" => "deleted",
        _ => return None,
    })
}

/// The connection that a document says it belongs to.
pub(super) fn named_in(document: &Document<'_>) -> Understood<Option<String>> {
    match id(document, &["connectionId", "connection_id"], "connection")? {
        Some(id) => Ok(Some(id)),
        None => id_of(document, "connection", "connection"),
    }
}

/// The id of an object that is a connection. Next to the event's name, `id` is the event's.
pub(super) fn own_id(data: &Document<'_>, has_data: bool) -> Understood<Option<String>> {
    let is_the_connection = has_data && data.raw(&["connection", "connectionId", "connection_id"]).is_none();
    if is_the_connection { id(data, &["id"], "connection") } else { Ok(None) }
}
