//! Connections: which data belongs to whom.
//!
//! Owns registering, changing and removing them. Must not decide who may call.

use ledger::State;
use rusqlite::{Connection as Database, OptionalExtension as _, Row, params};
use wire::api::{Connection, ConnectionRequest};
use wire::events::SyncStats;

use super::unit::Unit;
use super::{arrivals, connection_row, load, owners, plan, syncs};
use crate::clock;
use crate::store::rows::{ConnectionRow, Loaded, Scope, shown_time};
use crate::store::{ConnectorRef, Error, Result, account_update};

const API: &str = "SELECT c.connector_id, c.connection_id, o.user_id, c.external_user_id, c.institution_name, c.status,
     c.created_at, c.last_event_at, s.last_sync_at, s.due_at, s.last_error, s.rejected
     FROM connections c JOIN owners o ON o.id = c.owner LEFT JOIN syncs s ON s.connection = c.id
     WHERE c.removed_at IS NULL";

/// The store does not know whether the connection can be synced.
fn read(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let time = |at: Option<i64>| at.map(clock::rfc3339_of_millis);
    let error: Option<String> = row.get(10)?;
    Ok(Connection {
        connector_id: row.get(0)?,
        connection_id: row.get(1)?,
        user_id: row.get(2)?,
        external_user_id: row.get(3)?,
        institution_name: row.get(4)?,
        status: row.get(5)?,
        created_at: clock::rfc3339_of_millis(row.get(6)?),
        last_event_at: time(row.get(7)?),
        last_sync_at: time(row.get(8)?),
        next_sync_at: shown_time(row.get(9)?),
        last_error: error.and_then(|error| syncs::read_error(&error)),
        rejected: row.get(11)?,
        can_sync: false,
    })
}

/// A registered connection, as clients see it.
pub(super) fn shown(database: &Database, connector_id: &str, connection_id: &str) -> Result<Option<Connection>> {
    let mut statement = database.prepare_cached(&format!("{API} AND c.connector_id = ?1 AND c.connection_id = ?2"))?;
    Ok(statement.query_row([connector_id, connection_id], read).optional()?)
}

/// The connections of one connector or all, and of one user or all.
pub(super) fn list(database: &Database, connector_id: Option<&str>, user_id: Option<&str>) -> Result<Vec<Connection>> {
    let mut sql = API.to_owned();
    let mut values = vec![];
    for (condition, value) in [(" AND c.connector_id = ?", connector_id), (" AND o.user_id = ?", user_id)] {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    }
    sql.push_str(" ORDER BY c.created_at, c.id");
    let mut statement = database.prepare_cached(&sql)?;
    let rows = statement.query_map(rusqlite::params_from_iter(values), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Registers or changes a connection; returns whether it is new.
pub(super) fn put(
    unit: &mut Unit<'_>,
    connector: &ConnectorRef,
    connection_id: &str,
    request: &ConnectionRequest,
) -> Result<(Connection, bool)> {
    let (connection, is_new) = put_row(unit, connector, connection_id, request)?;
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { connector, connection: &connection, owner: &owner, arrived: unit.now };
    let accounts: Vec<_> = request.accounts.iter().map(account_update).collect();
    let mut loaded = Loaded::nothing(&scope);
    load::accounts(unit, &scope, accounts.iter().map(|account| account.account_id.as_str()), &mut loaded)?;
    loaded.state.connection = (!is_new).then(|| connection.state());
    let context = unit.context(&scope, arrivals::newest(unit.database)?);
    let planned = ledger::register(&context, std::mem::take(&mut loaded.state), request.status.as_deref(), &accounts);
    plan::write(unit, &scope, &loaded, planned)?;
    let connection = shown(unit.database, &connector.id, connection_id)?.ok_or(Error::NotFound)?;
    Ok((connection, is_new))
}

/// Writes the columns that are not the ledger's: the owner, the external user id and the institution name.
fn put_row(
    unit: &Unit<'_>,
    connector: &ConnectorRef,
    connection_id: &str,
    request: &ConnectionRequest,
) -> Result<(ConnectionRow, bool)> {
    let database = unit.database;
    let owner = owners::ensure(database, &request.user_id)?;
    if let Some(known) = connection_row::find(database, &connector.id, connection_id)? {
        if known.owner != owner.id {
            return Err(Error::Conflict("This connection belongs to another user"));
        }
        database
            .prepare_cached(
                "UPDATE connections SET external_user_id = coalesce(?2, external_user_id),
                     institution_name = coalesce(?3, institution_name) WHERE id = ?1",
            )?
            .execute(params![known.id, request.external_user_id, request.institution_name])?;
        return Ok((known, false));
    }
    database
        .prepare_cached(
            "INSERT INTO connections (connector_id, connection_id, owner, external_user_id, institution_name, status,
                 status_arrival, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, '', 0, ?6)",
        )?
        .execute(params![
            connector.id,
            connection_id,
            owner.id,
            request.external_user_id,
            request.institution_name,
            unit.now.as_millisecond()
        ])?;
    Ok((connection_row::get(database, database.last_insert_rowid())?, true))
}

/// Registers a connection for a user, unless the user has it already.
pub(super) fn ensure(unit: &mut Unit<'_>, connector: &ConnectorRef, connection_id: &str, user_id: &str) -> Result<()> {
    let known = connection_row::find(unit.database, &connector.id, connection_id)?;
    let owner = known.map(|known| owners::get(unit.database, known.owner)).transpose()?;
    if owner.is_none_or(|owner| owner.user_id != user_id) {
        let request = ConnectionRequest { user_id: user_id.to_owned(), ..ConnectionRequest::default() };
        put(unit, connector, connection_id, &request)?;
    }
    Ok(())
}

/// Removes a connection and its waiting deliveries; if an owner is given, only that user's. Its transactions stay unless
/// they are to be purged. A purge also covers a connection that was removed before.
pub(super) fn remove(unit: &mut Unit<'_>, id: (&str, &str), user_id: Option<&str>, purge: bool) -> Result<()> {
    let database = unit.database;
    let owner = match user_id {
        Some(user_id) => Some(owners::find(database, user_id)?.ok_or(Error::NotFound)?.id),
        None => None,
    };
    let registered = connection_row::find(database, id.0, id.1)?;
    let registered = registered.filter(|connection| owner.is_none_or(|owner| owner == connection.owner));
    let is_registered = registered.is_some();
    let connection = match registered {
        None if purge => connection_row::find_removed(database, id, owner)?,
        registered => registered,
    };
    let connection = connection.ok_or(Error::NotFound)?;
    if purge {
        connection_row::begin_purge(database, &connection)?;
        unit.shared.has_moves();
    }
    if is_registered {
        remove_row(unit, &connection)?;
        let owner = owners::get(database, connection.owner)?;
        let connector = connection.connector();
        let scope = Scope { connector: &connector, connection: &connection, owner: &owner, arrived: unit.now };
        let planned = ledger::remove(&unit.context(&scope, 0), State { seq: owner.seq, ..State::default() });
        plan::write(unit, &scope, &Loaded::nothing(&scope), planned)?;
    }
    Ok(())
}

fn remove_row(unit: &Unit<'_>, connection: &ConnectionRow) -> Result<()> {
    unit.database
        .prepare_cached("UPDATE connections SET status = 'deleted', removed_at = ?2 WHERE id = ?1")?
        .execute(params![connection.id, unit.now.as_millisecond()])?;
    syncs::forget(unit.database, connection.id)?;
    arrivals::settle_those_of(unit, &connection.connector_id, &connection.connection_id)
}

/// The number of a registered connection's transactions.
pub(super) fn count(database: &Database, connector_id: &str, connection_id: &str) -> Result<u64> {
    Ok(database
        .prepare_cached(
            "SELECT count(*) FROM connections c JOIN accounts a ON a.connection = c.id
                 JOIN transactions t ON t.account = a.id
             WHERE c.connector_id = ?1 AND c.connection_id = ?2 AND c.removed_at IS NULL",
        )?
        .query_row([connector_id, connection_id], |row| row.get(0))?)
}

/// Tells the owner that a connection has been synced.
pub(super) fn complete_sync(unit: &mut Unit<'_>, id: (&str, &str), stats: SyncStats) -> Result<SyncStats> {
    let connection = connection_row::find(unit.database, id.0, id.1)?.ok_or(Error::NotFound)?;
    let owner = owners::get(unit.database, connection.owner)?;
    let connector = connection.connector();
    let scope = Scope { connector: &connector, connection: &connection, owner: &owner, arrived: unit.now };
    let planned = ledger::synced(&unit.context(&scope, 0), State { seq: owner.seq, ..State::default() }, stats);
    plan::write(unit, &scope, &Loaded::nothing(&scope), planned)?;
    Ok(stats)
}
