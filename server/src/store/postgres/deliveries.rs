//! Recording incoming deliveries.
//!
//! Owns that each delivery is recorded under its provider's key and applied once, and those of a connection in order of
//! arrival. Must not know a provider.

use jiff::Timestamp;
use ledger::Update;
use sqlx::PgConnection;

use super::numbers::signed;
use super::unit::Unit;
use super::user_changes::ProviderUser;
use super::{apply, arrivals, connection_row, connections, locks, owners, syncs};
use crate::store::rows::{
    ConnectionRow, PURGING, QUEUED, Standing, Status, UNKNOWN_CONNECTION, UNKNOWN_USER, applied, headers_to_keep,
    settled,
};
use crate::store::{Changed, Content, Error, NewDelivery, Recorded, Result, Urgency};

/// Records a delivery and applies it, once.
pub(super) async fn record(unit: &mut Unit, new: &NewDelivery) -> Result<Recorded> {
    let NewDelivery { connector, delivery, content, register, arrived } = new;
    (unit.delivery, unit.is_pushed) = (Some(arrived.id), register.is_some());
    if let Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. } = content {
        locks::connection(&mut unit.database, &connector.id, connection_id).await?;
    }
    if let Content::UserChanges { provider_user, .. } = content {
        ProviderUser { connector, id: provider_user }.lock(unit).await?;
    }
    if let Some(recorded) = seen_before(&mut unit.database, &connector.id, &delivery.key).await? {
        return Ok(recorded);
    }
    if let (Content::Changes { connection_id, .. }, Some(user_id)) = (content, register) {
        if connection_row::is_purging(&mut unit.database, &connector.id, connection_id).await? {
            return Err(Error::Unavailable("its former transactions are still being deleted".to_owned()));
        }
        if removed(&mut unit.database, new).await?.is_none() {
            connections::ensure(unit, connector, connection_id, user_id).await?;
        }
    }
    let standing = standing(unit, new).await?;
    let Some(id) = insert(unit, &[(new, &standing, unit.now)]).await?.pop().flatten() else {
        // Another unit of work has just recorded the same delivery. The insert waited for its commit.
        return Err(Error::Undone("the same delivery is being recorded twice at the same time".to_owned()));
    };
    match (content, standing) {
        (Content::Fetch { connection_id, request }, Standing { status: Status::Processed, .. }) => {
            let place = (connector.id.as_ref(), connection_id.as_str());
            syncs::request(&mut unit.database, place, request, Urgency::AfterPause, unit.now).await?;
            Ok(Recorded::Applied(Changed::default()))
        }
        (Content::Changes { changes, .. }, Standing { apply_to: Some(connection), reason, .. }) => {
            let now = unit.now;
            Ok(applied(apply::changes(unit, connector, &connection, changes, id, now).await?, reason))
        }
        (Content::UserChanges { provider_user, changes }, Standing { status: Status::Processed, .. }) => {
            let (user, received) = (ProviderUser { connector, id: provider_user }, (id, unit.now));
            Ok(Recorded::Applied(user.apply(unit, changes, received).await?))
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
async fn removed(database: &mut PgConnection, new: &NewDelivery) -> Result<Option<ConnectionRow>> {
    let (Content::Changes { connection_id, changes, .. }, Some(user_id)) = (&new.content, &new.register) else {
        return Ok(None);
    };
    let id = (new.connector.id.as_ref(), connection_id.as_str());
    let deletes = |change: &ledger::Change| matches!(change.update, Update::TransactionDeleted { .. });
    if !changes.iter().all(deletes) || connection_row::find(database, id.0, id.1).await?.is_some() {
        return Ok(None);
    }
    match owners::find(database, user_id).await? {
        Some(owner) => connection_row::find_removed(database, id, Some(owner.id)).await,
        None => Ok(None),
    }
}

async fn standing<'a>(unit: &mut Unit, new: &'a NewDelivery) -> Result<Standing<'a>> {
    let of = Standing::of;
    let connection_id = match &new.content {
        Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. } => connection_id,
        Content::UserChanges { provider_user, .. } => {
            let is_known = ProviderUser { connector: &new.connector, id: provider_user }.is_known(unit).await?;
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
    let database = &mut *unit.database;
    let connection = match connection_row::find(database, &new.connector.id, connection_id).await? {
        None => removed(database, new).await?,
        registered => registered,
    };
    let standing = if connection.is_none() {
        of(Status::Waiting, Some(UNKNOWN_CONNECTION))
    } else if connection_row::is_purging(database, &new.connector.id, connection_id).await? {
        of(Status::Waiting, Some(PURGING))
    } else if new.register.is_none() && arrivals::has_waiting(database, &new.connector.id, connection_id).await? {
        // A push does not wait: its sender hears only that it was accepted.
        of(Status::Waiting, Some(QUEUED))
    } else {
        Standing { apply_to: connection, ..settled(&new.content) }
    };
    Ok(Standing { connection_id: Some(connection_id), ..standing })
}

/// Inserts deliveries, each with its time. Returns their ids, and nothing for those that another unit of work has inserted
/// meanwhile.
pub(super) async fn insert(
    unit: &mut Unit,
    all: &[(&NewDelivery, &Standing<'_>, Timestamp)],
) -> Result<Vec<Option<i64>>> {
    let mut columns = Columns::default();
    for (new, standing, at) in all {
        columns.add(new, standing, *at)?;
    }
    let Columns { connectors, keys, connections, received, headers, bodies, statuses, reasons, latencies } = columns;
    let inserted: Vec<(i64, String, String)> = sqlx::query_as(
        "INSERT INTO deliveries (connector_id, delivery_key, connection_id, received_at, headers, body, status, reason,
             latency_us)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[], $7::bigint[],
             $8::text[], $9::bigint[])
         ON CONFLICT (connector_id, delivery_key) DO NOTHING RETURNING id, connector_id, delivery_key",
    )
    .bind(connectors)
    .bind(keys)
    .bind(connections)
    .bind(received)
    .bind(headers)
    .bind(bodies)
    .bind(statuses)
    .bind(reasons)
    .bind(latencies)
    .fetch_all(&mut *unit.database)
    .await?;
    let id = |new: &NewDelivery| {
        let is_it = |(_, connector_id, key): &&(i64, String, String)| {
            *key == new.delivery.key && **connector_id == *new.connector.id
        };
        inserted.iter().find(is_it).map(|(id, ..)| *id)
    };
    Ok(all.iter().map(|(new, ..)| id(new)).collect())
}

/// Deliveries to be inserted, by column.
#[derive(Default)]
struct Columns<'a> {
    connectors: Vec<&'a str>,
    keys: Vec<&'a str>,
    connections: Vec<Option<&'a str>>,
    received: Vec<i64>,
    headers: Vec<String>,
    bodies: Vec<&'a [u8]>,
    statuses: Vec<i64>,
    reasons: Vec<Option<&'a str>>,
    latencies: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, new: &'a NewDelivery, standing: &'a Standing<'_>, at: Timestamp) -> Result<()> {
        let NewDelivery { connector, delivery, arrived, .. } = new;
        self.connectors.push(connector.id.as_ref());
        self.keys.push(&delivery.key);
        self.connections.push(standing.connection_id);
        self.received.push(at.as_millisecond());
        self.headers.push(headers_to_keep(&delivery.headers)?);
        self.bodies.push(&delivery.body);
        self.statuses.push(standing.status.code());
        self.reasons.push(standing.reason.as_deref());
        self.latencies.push(u64::try_from(arrived.elapsed().as_micros()).ok().map(signed));
        Ok(())
    }
}

/// The answer for a delivery that was recorded before.
async fn seen_before(database: &mut PgConnection, connector_id: &str, key: &str) -> Result<Option<Recorded>> {
    let seen: Option<(i64, Option<String>)> =
        sqlx::query_as("SELECT status, reason FROM deliveries WHERE connector_id = $1 AND delivery_key = $2")
            .bind(connector_id)
            .bind(key)
            .fetch_optional(database)
            .await?;
    let Some((status, reason)) = seen else { return Ok(None) };
    Ok(Some(match Status::read(status)? {
        Status::Rejected => Recorded::Malformed(reason.unwrap_or_default()),
        Status::Processed | Status::Waiting | Status::Quarantined => Recorded::Duplicate,
    }))
}
