//! Connections: which data belongs to whom.
//!
//! Owns registering, changing and removing them. Must not decide who may call.

use ledger::State;
use sqlx::PgConnection;
use wire::api::{Connection, ConnectionRequest};
use wire::events::SyncStats;

use super::numbers::unsigned;
use super::unit::Unit;
use super::{arrivals, connection_row, listed_connections, load, locks, owners, plan, syncs};
use crate::store::rows::{ConnectionRow, Loaded, Scope};
use crate::store::{ConnectorRef, Error, Result, account_update};

/// Registers or changes a connection; returns whether it is new.
pub(super) async fn put(
    unit: &mut Unit,
    connector: &ConnectorRef,
    connection_id: &str,
    request: &ConnectionRequest,
) -> Result<(Connection, bool)> {
    locks::connection(&mut unit.database, &connector.id, connection_id).await?;
    let (connection, is_new) = put_row(unit, connector, connection_id, request).await?;
    let owner = owners::lock(unit, connection.owner).await?;
    let scope = Scope { connector, connection: &connection, owner: &owner, arrived: unit.now };
    let accounts: Vec<_> = request.accounts.iter().map(account_update).collect();
    let mut loaded = Loaded::nothing(&scope);
    load::accounts(unit, &scope, accounts.iter().map(|account| account.account_id.as_str()), &mut loaded).await?;
    loaded.state.connection = (!is_new).then(|| connection.state());
    let newest = arrivals::newest(&mut unit.database).await?;
    let (state, status) = (std::mem::take(&mut loaded.state), request.status.as_deref());
    let planned = ledger::register(&unit.context(&scope, newest), state, status, &accounts);
    plan::write(unit, &scope, &loaded, planned).await?;
    let connection = listed_connections::shown(&mut unit.database, &connector.id, connection_id).await?;
    Ok((connection.ok_or(Error::NotFound)?, is_new))
}

/// Writes the columns that are not the ledger's: the owner, the external user id and the institution name.
async fn put_row(
    unit: &mut Unit,
    connector: &ConnectorRef,
    connection_id: &str,
    request: &ConnectionRequest,
) -> Result<(ConnectionRow, bool)> {
    let now = unit.now;
    let owner = owners::ensure(&mut unit.database, &request.user_id).await?;
    let owner = owners::lock(unit, owner.id).await?;
    let database = &mut *unit.database;
    if let Some(known) = connection_row::find(database, &connector.id, connection_id).await? {
        if known.owner != owner.id {
            return Err(Error::Conflict("This connection belongs to another user"));
        }
        sqlx::query(
            "UPDATE connections SET external_user_id = coalesce($2, external_user_id),
                 institution_name = coalesce($3, institution_name) WHERE id = $1",
        )
        .bind(known.id)
        .bind(&request.external_user_id)
        .bind(&request.institution_name)
        .execute(database)
        .await?;
        return Ok((known, false));
    }
    let id = sqlx::query_scalar(
        "INSERT INTO connections (connector_id, connection_id, owner, external_user_id, institution_name, status,
             status_arrival, created_at)
         VALUES ($1, $2, $3, $4, $5, '', 0, $6) RETURNING id",
    )
    .bind(connector.id.as_ref())
    .bind(connection_id)
    .bind(owner.id)
    .bind(&request.external_user_id)
    .bind(&request.institution_name)
    .bind(now.as_millisecond())
    .fetch_one(&mut *database)
    .await?;
    Ok((connection_row::get(database, id).await?, true))
}

/// Registers a connection for a user, unless the user has it already. The connection is locked.
pub(super) async fn ensure(
    unit: &mut Unit,
    connector: &ConnectorRef,
    connection_id: &str,
    user_id: &str,
) -> Result<()> {
    let known = connection_row::find(&mut unit.database, &connector.id, connection_id).await?;
    let owner = owners::find(&mut unit.database, user_id).await?;
    let is_theirs = known.zip(owner).is_some_and(|(known, owner)| known.owner == owner.id);
    if !is_theirs {
        let request = ConnectionRequest { user_id: user_id.to_owned(), ..ConnectionRequest::default() };
        put(unit, connector, connection_id, &request).await?;
    }
    Ok(())
}

/// Removes a connection and its waiting deliveries; if an owner is given, only that user's. Its transactions stay unless
/// they are to be purged. A purge also covers a connection that was removed before.
pub(super) async fn remove(unit: &mut Unit, id: (&str, &str), user_id: Option<&str>, purge: bool) -> Result<()> {
    let database = &mut *unit.database;
    locks::connection(database, id.0, id.1).await?;
    let owner = match user_id {
        Some(user_id) => Some(owners::find(database, user_id).await?.ok_or(Error::NotFound)?.id),
        None => None,
    };
    let registered = connection_row::find(database, id.0, id.1).await?;
    let registered = registered.filter(|connection| owner.is_none_or(|owner| owner == connection.owner));
    let is_registered = registered.is_some();
    let connection = match registered {
        None if purge => connection_row::find_removed(database, id, owner).await?,
        registered => registered,
    };
    let connection = connection.ok_or(Error::NotFound)?;
    let owner = owners::lock(unit, connection.owner).await?;
    if purge {
        connection_row::begin_purge(&mut unit.database, &connection).await?;
        unit.has_moves = true;
    }
    if is_registered {
        remove_row(unit, &connection).await?;
        let connector = connection.connector();
        let scope = Scope { connector: &connector, connection: &connection, owner: &owner, arrived: unit.now };
        let planned = ledger::remove(&unit.context(&scope, 0), State { seq: owner.seq, ..State::default() });
        plan::write(unit, &scope, &Loaded::nothing(&scope), planned).await?;
    }
    Ok(())
}

async fn remove_row(unit: &mut Unit, connection: &ConnectionRow) -> Result<()> {
    let update = sqlx::query("UPDATE connections SET status = 'deleted', removed_at = $2 WHERE id = $1");
    update.bind(connection.id).bind(unit.now.as_millisecond()).execute(&mut *unit.database).await?;
    syncs::forget(&mut unit.database, connection.id).await?;
    arrivals::settle_those_of(unit, &connection.connector_id, &connection.connection_id).await
}

/// The number of a registered connection's transactions.
pub(super) async fn count(database: &mut PgConnection, connector_id: &str, connection_id: &str) -> Result<u64> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM connections c JOIN accounts a ON a.connection = c.id
             JOIN transactions t ON t.account = a.id
         WHERE c.connector_id = $1 AND c.connection_id = $2 AND c.removed_at IS NULL",
    );
    unsigned(count.bind(connector_id).bind(connection_id).fetch_one(database).await?)
}

/// Tells the owner that a connection has been synced.
pub(super) async fn complete_sync(unit: &mut Unit, id: (&str, &str), stats: SyncStats) -> Result<SyncStats> {
    locks::connection(&mut unit.database, id.0, id.1).await?;
    let connection = connection_row::find(&mut unit.database, id.0, id.1).await?.ok_or(Error::NotFound)?;
    let owner = owners::lock(unit, connection.owner).await?;
    let connector = connection.connector();
    let scope = Scope { connector: &connector, connection: &connection, owner: &owner, arrived: unit.now };
    let planned = ledger::synced(&unit.context(&scope, 0), State { seq: owner.seq, ..State::default() }, stats);
    plan::write(unit, &scope, &Loaded::nothing(&scope), planned).await?;
    Ok(stats)
}
