//! Deliveries on their way in.
//!
//! Owns that each is recorded under its provider's key and applied once, those of a connection in the order in which
//! they came. Must not know a provider.

use connectors::Headers;
use jiff::Timestamp;
use ledger::{Applied, Update};
use rusqlite::{Connection as Database, OptionalExtension as _, params};

use super::arrivals::{self, Status};
use super::connection_row::{self, ConnectionRow};
use super::scope::Scope;
use super::unit::Unit;
use super::{connections, hash, load, owners, plan, syncs};
use crate::store::{Changed, ConnectorRef, Content, Error, NewDelivery, Recorded, Result, Urgency};

/// Why a delivery waits for its connection.
const UNKNOWN_CONNECTION: &str = "the connection is not registered";
/// Why a delivery waits although its connection is there: an older one must not be applied after it.
const QUEUED: &str = "earlier deliveries of the connection are still waiting";

/// Why a delivery waits for a purge: what it reports could be taken for what is being deleted.
const PURGING: &str = "the connection's former transactions are still being deleted";

/// Where a delivery stands when it has come.
struct Standing<'a> {
    status: Status,
    connection_id: Option<&'a str>,
    reason: Option<String>,
    /// The connection that its changes are applied to now.
    apply_to: Option<ConnectionRow>,
}

/// Records a delivery and applies it, once.
pub(super) fn record(unit: &mut Unit<'_>, new: &NewDelivery) -> Result<Recorded> {
    let NewDelivery { connector, delivery, content, register, arrived } = new;
    (unit.delivery, unit.is_pushed) = (Some(arrived.id), register.is_some());
    if let Some(recorded) = seen_before(unit.database, &connector.id, &delivery.key)? {
        return Ok(recorded);
    }
    if let (Content::Changes { connection_id, .. }, Some(user_id)) = (content, register) {
        if connection_row::is_purging(unit.database, &connector.id, connection_id)? {
            return Err(Error::Unavailable("its former transactions are still being deleted".to_owned()));
        }
        if removed(unit.database, new)?.is_none() {
            connections::ensure(unit, connector, connection_id, user_id)?;
        }
    }
    let standing = standing(unit.database, new)?;
    let id = insert(unit, new, &standing)?;
    match (content, standing) {
        (Content::Fetch { connection_id, request }, Standing { status: Status::Processed, .. }) => {
            let place = (connector.id.as_ref(), connection_id.as_str());
            syncs::request(unit.database, place, request, Urgency::AfterPause, unit.now)?;
            Ok(Recorded::Applied(Changed::default()))
        }
        (Content::Changes { changes, .. }, Standing { apply_to: Some(connection), reason, .. }) => {
            Ok(applied(apply(unit, connector, &connection, changes, id, unit.now)?, reason))
        }
        (Content::Changes { .. } | Content::Fetch { .. }, Standing { reason: Some(reason), .. })
            if reason == QUEUED =>
        {
            Ok(Recorded::Queued)
        }
        (_, Standing { status: Status::Processed, .. }) => Ok(Recorded::Applied(Changed::default())),
        (_, Standing { status: Status::Rejected, reason, .. }) => Ok(Recorded::Malformed(reason.unwrap_or_default())),
        (_, Standing { reason, .. }) => Ok(Recorded::Kept(reason.unwrap_or_default())),
    }
}

/// The removed connection that a push is about: what only deletes registers nothing again.
fn removed(database: &Database, new: &NewDelivery) -> Result<Option<ConnectionRow>> {
    let (Content::Changes { connection_id, changes, .. }, Some(user_id)) = (&new.content, &new.register) else {
        return Ok(None);
    };
    let id = (new.connector.id.as_ref(), connection_id.as_str());
    let deletes = |change: &ledger::Change| matches!(change.update, Update::TransactionDeleted { .. });
    if !changes.iter().all(deletes) || connection_row::find(database, id.0, id.1)?.is_some() {
        return Ok(None);
    }
    match owners::find(database, user_id)? {
        Some(owner) => connection_row::find_removed(database, id, Some(owner.id)),
        None => Ok(None),
    }
}

fn standing<'a>(database: &Database, new: &'a NewDelivery) -> Result<Standing<'a>> {
    let of = |status, reason: Option<&str>| Standing {
        status,
        connection_id: None,
        reason: reason.map(str::to_owned),
        apply_to: None,
    };
    let connection_id = match &new.content {
        Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. } => connection_id,
        Content::Nothing => return Ok(of(Status::Processed, None)),
        Content::Kept(reason) => return Ok(of(Status::Quarantined, Some(reason))),
        Content::Malformed(reason) => return Ok(of(Status::Rejected, Some(reason))),
    };
    let connection = match connection_row::find(database, &new.connector.id, connection_id)? {
        None => removed(database, new)?,
        registered => registered,
    };
    let standing = if connection.is_none() {
        of(Status::Waiting, Some(UNKNOWN_CONNECTION))
    } else if connection_row::is_purging(database, &new.connector.id, connection_id)? {
        of(Status::Waiting, Some(PURGING))
    } else if new.register.is_none() && arrivals::has_waiting(database, &new.connector.id, connection_id)? {
        // What brings its connection waits for nobody: its sender hears only that it was taken.
        of(Status::Waiting, Some(QUEUED))
    } else {
        Standing { apply_to: connection, ..settled(&new.content) }
    };
    Ok(Standing { connection_id: Some(connection_id), ..standing })
}

/// Where a delivery stands whose changes are applied: items of it may not be understood.
fn settled<'a>(content: &Content) -> Standing<'a> {
    let reason = content.rejection();
    let status = if reason.is_some() { Status::Quarantined } else { Status::Processed };
    Standing { status, connection_id: None, reason, apply_to: None }
}

fn applied(changed: Applied, rejection: Option<String>) -> Recorded {
    let changed = Changed { new: changed.new, updated: changed.updated };
    match rejection {
        Some(reason) => Recorded::Partly(changed, reason),
        None => Recorded::Applied(changed),
    }
}

fn insert(unit: &Unit<'_>, new: &NewDelivery, standing: &Standing<'_>) -> Result<i64> {
    let NewDelivery { connector, delivery, arrived, .. } = new;
    unit.database
        .prepare_cached(
            "INSERT INTO deliveries (connector_id, key_hash, delivery_key, connection_id, received_at, headers, body,
                 status, reason, latency_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            connector.id,
            hash::of_delivery(&connector.id, &delivery.key),
            &delivery.key,
            standing.connection_id,
            unit.now.as_millisecond(),
            headers_to_keep(&delivery.headers)?,
            delivery.body,
            standing.status.code(),
            standing.reason,
            u64::try_from(arrived.elapsed().as_micros()).ok(),
        ])?;
    Ok(unit.database.last_insert_rowid())
}

/// Applies changes that arrived with a delivery.
fn apply(
    unit: &mut Unit<'_>,
    connector: &ConnectorRef,
    connection: &ConnectionRow,
    changes: &[ledger::Change],
    delivery: i64,
    arrived: Timestamp,
) -> Result<Applied> {
    let owner = owners::get(unit.database, connection.owner)?;
    let scope = Scope { connector, connection, owner: &owner, arrived };
    let mut loaded = load::for_changes(unit, &scope, changes)?;
    let planned = ledger::apply(&unit.context(&scope, delivery), std::mem::take(&mut loaded.state), changes);
    plan::write(unit, &scope, &loaded, planned)
}

/// What is said of a delivery that was recorded before.
fn seen_before(database: &Database, connector_id: &str, key: &str) -> Result<Option<Recorded>> {
    let seen: Option<(i64, Option<String>)> = database
        .prepare_cached(
            "SELECT status, reason FROM deliveries WHERE key_hash = ?1 AND delivery_key = ?2 AND connector_id = ?3",
        )?
        .query_row(params![hash::of_delivery(connector_id, key), key, connector_id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((status, reason)) = seen else { return Ok(None) };
    Ok(Some(match Status::read(status)? {
        Status::Rejected => Recorded::Malformed(reason.unwrap_or_default()),
        Status::Processed | Status::Waiting | Status::Quarantined => Recorded::Duplicate,
    }))
}

/// Runs a delivery again that waits or is quarantined.
pub(super) fn requeue(unit: &mut Unit<'_>, id: i64, new: &NewDelivery) -> Result<Recorded> {
    let NewDelivery { connector, content, arrived, .. } = new;
    unit.delivery = Some(arrived.id);
    let database = unit.database;
    let none = vec![];
    let (connection_id, changes) = match content {
        Content::Changes { connection_id, changes, .. } => (connection_id, changes),
        Content::Fetch { connection_id, .. } => (connection_id, &none),
        Content::Nothing => {
            let is_first = conclude(database, id, None, Status::Processed, None)?;
            return Ok(if is_first { Recorded::Applied(Changed::default()) } else { Recorded::Duplicate });
        }
        Content::Kept(reason) => {
            conclude(database, id, None, Status::Quarantined, Some(reason))?;
            return Ok(Recorded::Kept(reason.clone()));
        }
        Content::Malformed(reason) => {
            conclude(database, id, None, Status::Rejected, Some(reason))?;
            return Ok(Recorded::Malformed(reason.clone()));
        }
    };
    if arrivals::is_of_former_owner(database, id, &connector.id, connection_id)? {
        conclude(database, id, Some(connection_id), Status::Processed, Some(arrivals::REMOVED))?;
        return Ok(Recorded::Duplicate);
    }
    let Some(connection) = connection_row::find(database, &connector.id, connection_id)? else {
        conclude(database, id, Some(connection_id), Status::Waiting, Some(UNKNOWN_CONNECTION))?;
        return Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned()));
    };
    if connection_row::is_purging(database, &connector.id, connection_id)? {
        conclude(database, id, Some(connection_id), Status::Waiting, Some(PURGING))?;
        return Ok(Recorded::Kept(PURGING.to_owned()));
    }
    let settled = settled(content);
    if !conclude(database, id, Some(connection_id), settled.status, settled.reason.as_deref())? {
        return Ok(Recorded::Duplicate);
    }
    if let Content::Fetch { request, .. } = content {
        let place = (connector.id.as_ref(), connection_id.as_str());
        syncs::request(database, place, request, Urgency::AfterPause, unit.now)?;
        return Ok(Recorded::Applied(Changed::default()));
    }
    let arrived = database
        .prepare_cached("SELECT received_at FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let arrived = Timestamp::from_millisecond(arrived).unwrap_or(unit.now);
    let changed = apply(unit, connector, &connection, changes, id, arrived)?;
    Ok(applied(changed, settled.reason))
}

/// Writes what became of a delivery; nothing where another job has applied it. A newer connector may read it otherwise
/// than the one that took it: its connection follows, so that a registration finds what waits for it.
fn conclude(
    database: &Database,
    id: i64,
    connection_id: Option<&str>,
    status: Status,
    reason: Option<&str>,
) -> Result<bool> {
    let mut statement = database.prepare_cached(
        "UPDATE deliveries SET connection_id = ?2, status = ?3, reason = ?4 WHERE id = ?1 AND status <> 0",
    )?;
    Ok(statement.execute(params![id, connection_id, status.code(), reason])? > 0)
}

/// What may be of use later; credentials are of none, and must not lie around.
fn headers_to_keep(headers: &Headers) -> Result<String> {
    let kept: Vec<_> =
        headers.iter().filter(|(name, _)| !matches!(*name, "authorization" | "cookie" | "x-service-secret")).collect();
    Ok(serde_json::to_string(&kept)?)
}
