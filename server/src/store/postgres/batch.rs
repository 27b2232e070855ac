//! Deliveries of several connections in one unit of work.
//!
//! Owns which deliveries can share a batch, and that a batch waits for no lock: it must not wait for another node's work on
//! one of its users. The other deliveries are left to be recorded alone. Must not decide what changes.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use ledger::Recency;

use super::apply::Delivered;
use super::unit::Unit;
use super::{apply, deliveries, locks, owners, syncs};
use crate::store::rows::{ConnectionRow, Owner, Scope, Standing, applied, settled};
use crate::store::{Changed, Content, Error, NewDelivery, Recorded, Result, Urgency};

/// A delivery with the time at which it is recorded.
pub(super) struct Arrived {
    pub(super) new: NewDelivery,
    pub(super) at: Timestamp,
}

/// The connection of a delivery that may share a unit of work; nothing if it may not. A push registers its connection, and
/// a delivery about a provider's user concerns several connections.
pub(super) fn connection(new: &NewDelivery) -> Option<(&str, &str)> {
    match &new.content {
        Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. } if new.register.is_none() => {
            Some((&new.connector.id, connection_id))
        }
        _ => None,
    }
}

/// A delivery that is applied now, and its connection.
struct Placed<'a> {
    /// Its place in the batch.
    place: usize,
    arrived: &'a Arrived,
    connection: ConnectionRow,
    standing: Standing<'a>,
}

/// Records deliveries, each of another connection, and applies them once. Returns nothing for those that have to be
/// recorded alone, and writes nothing of them: they were seen before, wait for something, or another unit of work has
/// locked their connection or user.
pub(super) async fn record(unit: &mut Unit, all: &[Arrived]) -> Result<Vec<Option<Recorded>>> {
    let mut recorded = vec![None; all.len()];
    let free = lock_connections(unit, all).await?;
    let mut placed = place(unit, free).await?;
    let owners = lock_owners(unit, &mut placed).await?;
    if placed.is_empty() {
        return Ok(recorded);
    }
    unit.jobs = placed.len();
    let rows: Vec<_> = placed.iter().map(|placed| (&placed.arrived.new, &placed.standing, placed.arrived.at)).collect();
    let ids = deliveries::insert(unit, &rows).await?;
    let mut delivered = Vec::with_capacity(placed.len());
    for (placed, id) in placed.iter().zip(ids) {
        // Another unit of work has just recorded the same delivery, under another connection's lock.
        let Some(id) = id else { continue };
        let NewDelivery { connector, content, arrived, .. } = &placed.arrived.new;
        match content {
            Content::Fetch { request, .. } => {
                let (database, registration, now) = (&mut unit.database, placed.connection.id, unit.now);
                syncs::request_of(database, registration, request, Urgency::AfterPause, now).await?;
                recorded[placed.place] = Some(Recorded::Applied(Changed::default()));
            }
            Content::Changes { changes, .. } => {
                let owner = owners.get(&placed.connection.owner);
                let owner = owner.ok_or_else(|| Error::Corrupt("a user was not locked".to_owned()))?;
                let scope = Scope { connector, connection: &placed.connection, owner, arrived: placed.arrived.at };
                delivered.push((placed, Delivered { scope, changes, delivery: (id, Some(arrived.id)) }));
            }
            _ => {}
        }
    }
    let (placed, delivered): (Vec<&Placed<'_>>, Vec<_>) = delivered.into_iter().unzip();
    if !delivered.is_empty() {
        for (placed, changed) in placed.into_iter().zip(apply::each(unit, &delivered).await?) {
            recorded[placed.place] = Some(applied(changed, placed.standing.reason.clone()));
        }
    }
    Ok(recorded)
}

/// The deliveries whose connections no other unit of work has locked, with their places in the batch.
async fn lock_connections<'a>(unit: &mut Unit, all: &'a [Arrived]) -> Result<Vec<(usize, &'a Arrived)>> {
    let connections: Vec<_> = all.iter().filter_map(|arrived| connection(&arrived.new)).collect();
    if connections.len() != all.len() {
        return Err(Error::Corrupt("a delivery without a connection is in a batch".to_owned()));
    }
    let is_free = locks::free_connections(&mut unit.database, &connections).await?;
    let free = all.iter().enumerate().zip(is_free).filter(|(_, is_free)| *is_free);
    Ok(free.map(|(arrived, _)| arrived).collect())
}

/// What [`place`] reads of a delivery: its place, and its connection's row.
type Found = (i64, i64, i64, String, Option<i64>, i64);

/// Finds the deliveries that can be applied now: not seen before, with a registered connection that has no purge or waiting
/// delivery.
async fn place<'a>(unit: &mut Unit, free: Vec<(usize, &'a Arrived)>) -> Result<Vec<Placed<'a>>> {
    let (mut connectors, mut connections, mut keys) = (vec![], vec![], vec![]);
    for (_, arrived) in &free {
        let Some((connector_id, connection_id)) = connection(&arrived.new) else { continue };
        connectors.push(connector_id);
        connections.push(connection_id);
        keys.push(arrived.new.delivery.key.as_str());
    }
    let found: Vec<Found> = sqlx::query_as(
        "SELECT place, id, owner, status, status_version, status_arrival FROM (
             SELECT n.place, c.id, c.owner, c.status, c.status_version, c.status_arrival,
                 EXISTS (SELECT 1 FROM deliveries d
                     WHERE d.connector_id = n.connector_id AND d.delivery_key = n.delivery_key) AS is_seen,
                 EXISTS (SELECT 1 FROM connections p
                     WHERE p.is_purging AND p.connector_id = n.connector_id AND p.connection_id = n.connection_id)
                     AS is_purging,
                 EXISTS (SELECT 1 FROM deliveries w WHERE w.status = 1 AND w.connector_id = n.connector_id
                     AND w.connection_id = n.connection_id) AS is_waited_for
             FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY
                 AS n (connector_id, connection_id, delivery_key, place)
             JOIN connections c ON c.connector_id = n.connector_id AND c.connection_id = n.connection_id
                 AND c.removed_at IS NULL
         ) AS found WHERE NOT is_seen AND NOT is_purging AND NOT is_waited_for ORDER BY place",
    )
    .bind(&connectors)
    .bind(&connections)
    .bind(keys)
    .fetch_all(&mut *unit.database)
    .await?;
    let placed = found.into_iter().filter_map(|(nth, id, owner, status, version, arrival)| {
        let nth = usize::try_from(nth - 1).ok()?;
        let (place, arrived) = *free.get(nth)?;
        let (connector_id, connection_id) = (*connectors.get(nth)?, *connections.get(nth)?);
        let connection = ConnectionRow {
            id,
            connector_id: connector_id.to_owned(),
            connection_id: connection_id.to_owned(),
            owner,
            status,
            recency: Recency { version, arrival },
        };
        let standing = Standing { connection_id: Some(connection_id), ..settled(&arrived.new.content) };
        Some(Placed { place, arrived, connection, standing })
    });
    Ok(placed.collect())
}

/// Locks the users whose data changes, and leaves out the deliveries of users that another unit of work has locked. A
/// user's second delivery is left out as well, because it builds on the result of the first.
async fn lock_owners(unit: &mut Unit, placed: &mut Vec<Placed<'_>>) -> Result<HashMap<i64, Owner>> {
    let changes = |placed: &Placed<'_>| matches!(placed.arrived.new.content, Content::Changes { .. });
    let mut wanted = HashSet::new();
    placed.retain(|placed| !changes(placed) || wanted.insert(placed.connection.owner));
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let locked = owners::lock_free(unit, &wanted).await?;
    let owners: HashMap<i64, Owner> = locked.into_iter().map(|owner| (owner.id, owner)).collect();
    placed.retain(|placed| !changes(placed) || owners.contains_key(&placed.connection.owner));
    Ok(owners)
}
