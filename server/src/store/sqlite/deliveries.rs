//! Deliveries on their way in.
//!
//! Owns that each is recorded under its provider's key and applied once, those of a connection in the
//! order in which they came. Must not know a provider.

use connectors::Headers;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::apply::{self, Scope};
use super::connections;
use crate::store::{Changed, Content, Error, FeedEvent, NewDelivery, Recorded, Result};

/// Why a delivery waits for its connection; the deliveries to look at when one is registered.
const UNKNOWN_CONNECTION: &str = "the connection is not registered";
/// Why a delivery waits although its connection is there: an older one must not be applied after it.
const QUEUED: &str = "earlier deliveries of the connection are still to be placed";
/// Why a delivery will not be placed.
const DELETED: &str = "its connection was deleted before it could be placed";

/// Records a delivery and applies it, once.
pub(super) fn record(
    connection: &Connection,
    events: &mut Vec<FeedEvent>,
    new: &NewDelivery,
    forward: bool,
    now: Timestamp,
) -> Result<Recorded> {
    let NewDelivery { connector, delivery, content, register, arrived } = new;
    if let (Content::Changes { connection_id, .. }, Some(user_id)) = (content, register) {
        connections::ensure(connection, events, connector, connection_id, user_id, now)?;
    }
    let owner = match content {
        Content::Changes { connection_id, .. } => connections::find(connection, &connector.id, connection_id)?,
        Content::Nothing | Content::Kept(_) | Content::Malformed(_) => None,
    };
    let is_queued = match content {
        // What brings its connection waits for nobody: its sender is told only that it is there.
        Content::Changes { connection_id, .. } if owner.is_some() && register.is_none() => {
            has_kept(connection, &connector.id, connection_id)?
        }
        _ => false,
    };
    let rejection = content.rejection();
    let (connection_id, verdict, reason) = match content {
        Content::Changes { connection_id, .. } if owner.is_none() => {
            (Some(connection_id), "kept", Some(UNKNOWN_CONNECTION))
        }
        Content::Changes { connection_id, .. } if is_queued => (Some(connection_id), "kept", Some(QUEUED)),
        // Without its connection, since it does not wait for one: what could be applied is.
        Content::Changes { .. } if rejection.is_some() => (None, "kept", rejection.as_deref()),
        Content::Changes { connection_id, .. } => (Some(connection_id), "processed", None),
        Content::Nothing => (None, "processed", None),
        Content::Kept(reason) => (None, "kept", Some(reason.as_str())),
        Content::Malformed(reason) => (None, "refused", Some(reason.as_str())),
    };
    let inserted = connection
        .prepare_cached(
            "INSERT INTO deliveries (connector_id, delivery_key, connection_id, received_at, headers, body, verdict, reason, latency_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (connector_id, delivery_key) DO NOTHING",
        )?
        .execute(params![
            connector.id,
            delivery.key,
            connection_id,
            now.as_millisecond(),
            headers_to_keep(&delivery.headers)?,
            delivery.body,
            verdict,
            reason,
            u64::try_from(arrived.elapsed().as_micros()).ok(),
        ])?;
    if inserted == 0 {
        return seen_before(connection, &connector.id, &delivery.key);
    }
    match (content, owner) {
        (Content::Changes { .. }, Some(_)) if is_queued => Ok(Recorded::Queued),
        (Content::Changes { connection_id, changes, .. }, Some(owner)) => {
            let mut scope = Scope {
                connection,
                events,
                connector,
                connection_id,
                user_id: &owner.user_id,
                forward,
                arrived: now,
                now,
            };
            Ok(Recorded::Applied(apply::apply(&mut scope, changes)?))
        }
        (Content::Changes { .. }, None) => Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned())),
        (Content::Kept(reason), _) => Ok(Recorded::Kept(reason.clone())),
        (Content::Malformed(reason), _) => Ok(Recorded::Malformed(reason.clone())),
        (Content::Nothing, _) => Ok(Recorded::Applied(Changed::default())),
    }
}

/// Whether deliveries of a connection are kept: where it is registered, they are about to be placed.
fn has_kept(connection: &Connection, connector_id: &str, connection_id: &str) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM deliveries WHERE connector_id = ?1 AND connection_id = ?2 AND verdict = 'kept'")?
        .exists([connector_id, connection_id])?)
}

/// What is said of a delivery that was recorded before.
fn seen_before(connection: &Connection, connector_id: &str, key: &str) -> Result<Recorded> {
    let (verdict, reason): (String, Option<String>) = connection
        .prepare_cached("SELECT verdict, reason FROM deliveries WHERE connector_id = ?1 AND delivery_key = ?2")?
        .query_row([connector_id, key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(if verdict == "refused" { Recorded::Malformed(reason.unwrap_or_default()) } else { Recorded::Duplicate })
}

/// Applies a delivery that was kept.
pub(super) fn apply_kept(
    connection: &Connection,
    events: &mut Vec<FeedEvent>,
    id: i64,
    new: &NewDelivery,
    forward: bool,
    now: Timestamp,
) -> Result<Recorded> {
    let NewDelivery { connector, content, .. } = new;
    // A newer connector may read it otherwise than the one that took it: what is known of it follows, so
    // that a registration finds what waits for it. Nothing is done where another job has applied it.
    let conclude = |connection_id: Option<&str>, verdict: &str, reason: Option<&str>| {
        let mut statement = connection.prepare_cached(
            "UPDATE deliveries SET connection_id = ?2, verdict = ?3, reason = ?4 WHERE id = ?1 AND verdict <> 'processed'",
        )?;
        Ok::<_, Error>(statement.execute(params![id, connection_id, verdict, reason])? > 0)
    };
    let (connection_id, changes) = match content {
        Content::Changes { connection_id, changes, .. } => (connection_id, changes),
        Content::Nothing => {
            let is_first = conclude(None, "processed", None)?;
            return Ok(if is_first { Recorded::Applied(Changed::default()) } else { Recorded::Duplicate });
        }
        Content::Kept(reason) => {
            conclude(None, "kept", Some(reason))?;
            return Ok(Recorded::Kept(reason.clone()));
        }
        Content::Malformed(reason) => {
            conclude(None, "refused", Some(reason))?;
            return Ok(Recorded::Malformed(reason.clone()));
        }
    };
    if is_of_former_owner(connection, id, &connector.id, connection_id)? {
        conclude(Some(connection_id), "processed", Some(DELETED))?;
        return Ok(Recorded::Duplicate);
    }
    let Some(owner) = connections::find(connection, &connector.id, connection_id)? else {
        conclude(Some(connection_id), "kept", Some(UNKNOWN_CONNECTION))?;
        return Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned()));
    };
    let is_first = match content.rejection() {
        Some(reason) => conclude(None, "kept", Some(&reason))?,
        None => conclude(Some(connection_id), "processed", None)?,
    };
    if !is_first {
        return Ok(Recorded::Duplicate);
    }
    let arrived = connection
        .prepare_cached("SELECT received_at FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let arrived = Timestamp::from_millisecond(arrived).unwrap_or(now);
    let user_id = &owner.user_id;
    let mut scope = Scope { connection, events, connector, connection_id, user_id, forward, arrived, now };
    Ok(Recorded::Applied(apply::apply(&mut scope, changes)?))
}

/// A connection is deleted: what came for it was its owner's, and is not for whoever has it next.
pub(super) fn settle_those_of(
    connection: &Connection,
    connector_id: &str,
    connection_id: &str,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO deleted_connections (connector_id, connection_id, last_delivery, deleted_at)
             VALUES (?1, ?2, coalesce((SELECT max(id) FROM deliveries), 0), ?3)",
        )?
        .execute(params![connector_id, connection_id, now.as_millisecond()])?;
    connection
        .prepare_cached(
            "UPDATE deliveries SET verdict = 'processed', reason = ?3
             WHERE connector_id = ?1 AND connection_id = ?2 AND verdict = 'kept'",
        )?
        .execute([connector_id, connection_id, DELETED])?;
    Ok(())
}

/// Whether a delivery came before its connection was deleted. An id alone would not do: it can be another's after
/// all newer ones were forgotten.
fn is_of_former_owner(connection: &Connection, id: i64, connector_id: &str, connection_id: &str) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM deleted_connections c JOIN deliveries d ON d.id = ?1
             WHERE c.connector_id = ?2 AND c.connection_id = ?3 AND d.id <= c.last_delivery AND d.received_at <= c.deleted_at",
        )?
        .exists(params![id, connector_id, connection_id])?)
}

/// What may be of use later; credentials are of none, and must not lie around.
fn headers_to_keep(headers: &Headers) -> Result<String> {
    let kept: Vec<_> =
        headers.iter().filter(|(name, _)| !matches!(*name, "authorization" | "cookie" | "x-service-secret")).collect();
    Ok(serde_json::to_string(&kept)?)
}
