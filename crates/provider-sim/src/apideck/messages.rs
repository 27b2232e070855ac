//! The webhooks' bodies.
//!
//! Owns their members, in the order of Apideck's examples. Must not send anything.
//!
//! Accounting events say that a record changed; events of a connection carry it
//! (accounting.yml and vault.yml of <https://github.com/apideck-libraries/openapi-specs>).

use jiff::Timestamp;
use serde::Serialize;

use super::answers::{state_word, time};
use super::books::BooksConnection;
use super::record::Record;
use crate::webhooks::Message;

#[derive(Serialize)]
struct Envelope<T> {
    payload: T,
}

#[derive(Serialize)]
struct RecordEvent<'a> {
    event_type: &'a str,
    unified_api: &'static str,
    service_id: &'a str,
    consumer_id: &'a str,
    event_id: &'a str,
    entity_id: &'a str,
    entity_url: String,
    entity_type: &'static str,
    execution_attempt: u32,
    occurred_at: String,
}

#[derive(Serialize)]
struct ConnectionEvent<'a> {
    event_id: &'a str,
    event_type: &'a str,
    service_id: &'static str,
    entity_id: &'a str,
    entity_type: &'static str,
    entity: Entity<'a>,
    execution_attempt: u32,
    occurred_at: String,
}

#[derive(Serialize)]
struct Entity<'a> {
    id: &'a str,
    consumer_id: &'a str,
    unified_api: &'static str,
    service_id: &'a str,
    name: &'a str,
    auth_type: &'static str,
    enabled: bool,
    created_at: String,
    updated_at: String,
    state: &'static str,
}

/// `accounting.expense.created` …
pub(super) fn of_record(
    ids: (String, &str),
    verb: &str,
    links: &str,
    connection: &BooksConnection,
    record: &Record,
    now: Timestamp,
) -> Message {
    let (message_id, event_id) = ids;
    let event = format!("accounting.{}.{verb}", record.kind.entity());
    let payload = RecordEvent {
        event_type: &event,
        unified_api: "accounting",
        service_id: &connection.service,
        consumer_id: &connection.consumer,
        event_id,
        entity_id: &record.id,
        entity_url: format!("{links}/accounting/{}/{}", record.kind.resource(), record.id),
        entity_type: record.kind.entity(),
        execution_attempt: 1,
        occurred_at: time(now),
    };
    let body = serde_json::to_string(&Envelope { payload }).unwrap_or_default();
    Message { id: message_id, event, body }
}

/// `vault.connection.callable` …
pub(super) fn of_connection(ids: (String, &str), verb: &str, connection: &BooksConnection, now: Timestamp) -> Message {
    let (message_id, event_id) = ids;
    let event = format!("vault.connection.{verb}");
    let entity = Entity {
        id: &connection.id,
        consumer_id: &connection.consumer,
        unified_api: "accounting",
        service_id: &connection.service,
        name: &connection.service,
        auth_type: "oauth2",
        enabled: true,
        created_at: time(connection.created_at),
        updated_at: time(connection.updated_at),
        state: state_word(connection.state),
    };
    let payload = ConnectionEvent {
        event_id,
        event_type: &event,
        service_id: "apideck-vault",
        entity_id: &connection.id,
        entity_type: "Connection",
        entity,
        execution_attempt: 1,
        occurred_at: time(now),
    };
    let body = serde_json::to_string(&Envelope { payload }).unwrap_or_default();
    Message { id: message_id, event, body }
}
