//! Recording incoming deliveries.
//!
//! Owns that each delivery is recorded under its provider's key and applied once, and those of a connection in order of
//! arrival. Must not know a provider.

use ledger::Update;
use rusqlite::{Connection as Database, OptionalExtension as _, params};

use super::unit::Unit;
use super::user_changes::ProviderUser;
use super::{apply, arrivals, connection_row, connections, hash, owners, syncs};
use crate::store::rows::{
    ConnectionRow, PURGING, QUEUED, REMOVED, Standing, Status, UNKNOWN_CONNECTION, UNKNOWN_USER, applied,
    headers_to_keep, settled,
};
use crate::store::{Changed, Content, Error, NewDelivery, Recorded, Result, Urgency};

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
            Ok(applied(apply::changes(unit, connector, &connection, changes, id, unit.now)?, reason))
        }
        (Content::UserChanges { provider_user, changes }, Standing { status: Status::Processed, .. }) => {
            let user = ProviderUser { connector, id: provider_user };
            let received = (id, unit.now);
            Ok(Recorded::Applied(user.apply(unit, changes, received)?))
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

/// The removed connection of a push that only deletes transactions: such a push does not register it again.
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
    let of = Standing::of;
    let connection_id = match &new.content {
        Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. } => connection_id,
        Content::UserChanges { provider_user, .. } => {
            let is_known = ProviderUser { connector: &new.connector, id: provider_user }.is_known(database)?;
            return Ok(if is_known {
                of(Status::Processed, None)
            } else {
                of(Status::Quarantined, Some(UNKNOWN_USER))
            });
        }
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
        // A push does not wait: its sender hears only that it was accepted.
        of(Status::Waiting, Some(QUEUED))
    } else {
        Standing { apply_to: connection, ..settled(&new.content) }
    };
    Ok(Standing { connection_id: Some(connection_id), ..standing })
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

/// The answer for a delivery that was recorded before.
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

/// Applies a waiting or quarantined delivery again.
pub(super) fn requeue(unit: &mut Unit<'_>, id: i64, new: &NewDelivery) -> Result<Recorded> {
    let NewDelivery { connector, content, arrived, .. } = new;
    unit.delivery = Some(arrived.id);
    let database = unit.database;
    let none = vec![];
    let (connection_id, changes) = match content {
        Content::Changes { connection_id, changes, .. } => (connection_id, changes),
        Content::Fetch { connection_id, .. } => (connection_id, &none),
        Content::UserChanges { provider_user, changes } => {
            return ProviderUser { connector, id: provider_user }.requeue(unit, changes, id);
        }
        Content::Nothing => {
            let is_first = arrivals::conclude(database, id, None, Status::Processed, None)?;
            return Ok(if is_first { Recorded::Applied(Changed::default()) } else { Recorded::Duplicate });
        }
        Content::Kept(reason) => {
            arrivals::conclude(database, id, None, Status::Quarantined, Some(reason))?;
            return Ok(Recorded::Kept(reason.clone()));
        }
        Content::Malformed(reason) => {
            arrivals::conclude(database, id, None, Status::Rejected, Some(reason))?;
            return Ok(Recorded::Malformed(reason.clone()));
        }
    };
    if arrivals::is_of_former_owner(database, id, &connector.id, connection_id)? {
        arrivals::conclude(database, id, Some(connection_id), Status::Processed, Some(REMOVED))?;
        return Ok(Recorded::Duplicate);
    }
    let Some(connection) = connection_row::find(database, &connector.id, connection_id)? else {
        arrivals::conclude(database, id, Some(connection_id), Status::Waiting, Some(UNKNOWN_CONNECTION))?;
        return Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned()));
    };
    if connection_row::is_purging(database, &connector.id, connection_id)? {
        arrivals::conclude(database, id, Some(connection_id), Status::Waiting, Some(PURGING))?;
        return Ok(Recorded::Kept(PURGING.to_owned()));
    }
    let settled = settled(content);
    if !arrivals::conclude(database, id, Some(connection_id), settled.status, settled.reason.as_deref())? {
        return Ok(Recorded::Duplicate);
    }
    if let Content::Fetch { request, .. } = content {
        let place = (connector.id.as_ref(), connection_id.as_str());
        syncs::request(database, place, request, Urgency::AfterPause, unit.now)?;
        return Ok(Recorded::Applied(Changed::default()));
    }
    let arrived = arrivals::received_at(unit, id)?;
    let changed = apply::changes(unit, connector, &connection, changes, id, arrived)?;
    Ok(applied(changed, settled.reason))
}
