//! Connections: whose data is whose.
//!
//! Owns the table `connections`. Must not decide who may ask.

use jiff::Timestamp;
use rusqlite::{Connection as Database, OptionalExtension as _, Row, params};
use wire::EventName;
use wire::api::{Connection, ConnectionRequest};
use wire::events::{ConnectionUpdated, SyncComplete, SyncStats};

use super::apply::{self, Scope};
use super::{accounts, deliveries, feed};
use crate::clock;
use crate::store::{ConnectorRef, Error, FeedEvent, Result, account_update};

const COLUMNS: &str = "connector_id, connection_id, user_id, external_user_id, institution_name, status, created_at";

/// One connection, if it is registered.
pub(super) fn find(database: &Database, connector_id: &str, connection_id: &str) -> Result<Option<Connection>> {
    Ok(database
        .prepare_cached(&format!("SELECT {COLUMNS} FROM connections WHERE connector_id = ?1 AND connection_id = ?2"))?
        .query_row([connector_id, connection_id], read)
        .optional()?)
}

/// Those of a user, or of everybody.
pub(super) fn list(database: &Database, connector_id: &str, user_id: Option<&str>) -> Result<Vec<Connection>> {
    let (of_user, values) = match &user_id {
        Some(user_id) => ("AND user_id = ?2", vec![connector_id, user_id]),
        None => ("", vec![connector_id]),
    };
    let mut statement = database.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM connections WHERE connector_id = ?1 {of_user} ORDER BY created_at, connection_id"
    ))?;
    let rows = statement.query_map(rusqlite::params_from_iter(values), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Registers or changes one; whether it is new.
pub(super) fn put(
    database: &Database,
    events: &mut Vec<FeedEvent>,
    connector: &ConnectorRef,
    connection_id: &str,
    request: &ConnectionRequest,
    now: Timestamp,
) -> Result<(Connection, bool)> {
    let before = find(database, &connector.id, connection_id)?;
    if before.as_ref().is_some_and(|known| known.user_id != request.user_id) {
        return Err(Error::Conflict("This connection belongs to another user"));
    }
    let status = request.status.as_deref().or(before.as_ref().map(|known| known.status.as_str())).unwrap_or("active");
    database
        .prepare_cached(
            "INSERT INTO connections (connector_id, connection_id, user_id, external_user_id, institution_name, status, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET external_user_id = coalesce(excluded.external_user_id, external_user_id),
                 institution_name = coalesce(excluded.institution_name, institution_name), status = excluded.status",
        )?
        .execute(params![
            connector.id,
            connection_id,
            request.user_id,
            request.external_user_id,
            request.institution_name,
            status,
            now.as_millisecond()
        ])?;
    let mut scope = Scope {
        connection: database,
        events,
        connector,
        connection_id,
        user_id: &request.user_id,
        forward: false,
        arrived: now,
        now,
    };
    if before.as_ref().is_none_or(|known| known.status != status) {
        apply::tell_status(&mut scope, status)?;
    }
    for account in &request.accounts {
        accounts::update(&mut scope, &account_update(account))?;
    }
    let connection = find(database, &connector.id, connection_id)?.ok_or(Error::NotFound)?;
    Ok((connection, before.is_none()))
}

/// Registers one for a user, unless it is theirs already.
pub(super) fn ensure(
    database: &Database,
    events: &mut Vec<FeedEvent>,
    connector: &ConnectorRef,
    connection_id: &str,
    user_id: &str,
    now: Timestamp,
) -> Result<()> {
    if find(database, &connector.id, connection_id)?.is_none_or(|known| known.user_id != user_id) {
        let request = ConnectionRequest { user_id: user_id.to_owned(), ..ConnectionRequest::default() };
        put(database, events, connector, connection_id, &request, now)?;
    }
    Ok(())
}

/// Forgets one and its accounts, with what is still to be placed for it, and tells its owner; where an owner is given, only theirs.
pub(super) fn delete(
    database: &Database,
    events: &mut Vec<FeedEvent>,
    (connector_id, connection_id): (&str, &str),
    owner: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let connection = find(database, connector_id, connection_id)?;
    let connection =
        connection.filter(|found| owner.is_none_or(|owner| owner == found.user_id)).ok_or(Error::NotFound)?;
    for table in ["accounts", "connections"] {
        database
            .prepare_cached(&format!("DELETE FROM {table} WHERE connector_id = ?1 AND connection_id = ?2"))?
            .execute([connector_id, connection_id])?;
    }
    deliveries::settle_those_of(database, connector_id, connection_id, now)?;
    feed::append(database, events, &connection.user_id, now, EventName::ConnectionUpdated, |stamp| {
        let [connector_id, connection_id] = [connector_id, connection_id].map(str::to_owned);
        ConnectionUpdated::new(stamp, connection_id, connector_id, "deleted".to_owned())
    })?;
    Ok(())
}

/// How many transactions its owner has of it.
pub(super) fn count(database: &Database, (connector_id, connection_id): (&str, &str)) -> Result<u64> {
    Ok(database
        .prepare_cached(
            "SELECT count(*) FROM transactions t JOIN connections c USING (connector_id, connection_id, user_id)
             WHERE connector_id = ?1 AND connection_id = ?2",
        )?
        .query_row([connector_id, connection_id], |row| row.get(0))?)
}

/// Tells the owner that one has been synchronised.
pub(super) fn complete_sync(
    database: &Database,
    events: &mut Vec<FeedEvent>,
    (connector_id, connection_id): (&str, &str),
    stats: SyncStats,
    now: Timestamp,
) -> Result<SyncStats> {
    let connection = find(database, connector_id, connection_id)?.ok_or(Error::NotFound)?;
    feed::append(database, events, &connection.user_id, now, EventName::SyncComplete, |stamp| {
        SyncComplete::new(stamp, connection_id.to_owned(), stats)
    })?;
    Ok(stats)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Connection> {
    Ok(Connection {
        connector_id: row.get(0)?,
        connection_id: row.get(1)?,
        user_id: row.get(2)?,
        external_user_id: row.get(3)?,
        institution_name: row.get(4)?,
        status: row.get(5)?,
        created_at: clock::rfc3339_of_millis(row.get(6)?),
    })
}
