//! The event log.
//!
//! Owns the table `events`: each user's events are 1, 2, 3 … without gaps, written in the same database transaction as
//! the rows that they report, while the user's row is locked. Must not decide what an event says.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use wire::EventName;

use super::history::History;
use super::numbers::{signed, unsigned};
use super::unit::Unit;
use crate::store::rows::Owner;
use crate::store::{Epoch, Error, FeedEvent, LogEnds, Result};
use crate::telemetry::spans::DeliveryId;

/// A user's next events, in order, and the delivery that caused them.
pub(super) struct Appended<'a> {
    pub(super) owner: &'a Owner,
    pub(super) delivery: Option<DeliveryId>,
    pub(super) events: Vec<ledger::Event>,
}

/// Appends events to their users' logs and queues them to be sent after the commit.
pub(super) async fn append(unit: &mut Unit, all: Vec<Appended<'_>>) -> Result<()> {
    let code = |name| EventName::ALL.iter().position(|other| *other == name).unwrap_or_default();
    let (mut owners, mut seqs, mut names, mut payloads) = (vec![], vec![], vec![], vec![]);
    for appended in &all {
        for event in &appended.events {
            owners.push(appended.owner.id);
            seqs.push(signed(event.seq));
            names.push(signed(code(event.name) as u64));
            payloads.push(event.payload.get());
        }
    }
    sqlx::query(
        "INSERT INTO events (owner, seq, name, at, payload)
         SELECT owner, seq, name, $1, payload
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) AS e (owner, seq, name, payload)",
    )
    .bind(unit.now.as_millisecond())
    .bind(owners)
    .bind(seqs)
    .bind(names)
    .bind(payloads)
    .execute(&mut *unit.database)
    .await?;
    let epoch = unit.epoch.clone();
    for Appended { owner, delivery, events } in all {
        let user_id: Arc<str> = owner.user_id.as_str().into();
        unit.events.extend(events.into_iter().map(|event| FeedEvent {
            user_id: Arc::clone(&user_id),
            epoch: epoch.clone(),
            seq: event.seq,
            name: event.name.as_str(),
            payload: event.payload.into(),
            delivery,
        }));
    }
    Ok(())
}

/// The newest event number of each of these users, in their order; 0 before the first.
pub(super) async fn newest(database: &mut PgConnection, history: &History, users: &[Arc<str>]) -> Result<Vec<u64>> {
    let users: Vec<&str> = users.iter().map(AsRef::as_ref).collect();
    let newest: Vec<(i64, String)> = sqlx::query_as(
        "SELECT coalesce(o.seq, 0), (SELECT value FROM meta WHERE name = 'epoch')
         FROM unnest($1::text[]) WITH ORDINALITY AS u (user_id, place)
         LEFT JOIN owners o ON o.user_id = u.user_id ORDER BY u.place",
    )
    .bind(users)
    .fetch_all(database)
    .await?;
    if let Some((_, epoch)) = newest.first() {
        history.epochs.read(epoch)?;
    }
    newest.into_iter().map(|(newest, _)| unsigned(newest)).collect()
}

/// The oldest and newest event numbers of a user's log.
pub(super) async fn ends(database: &mut PgConnection, history: &History, user_id: &str) -> Result<LogEnds> {
    let ends = ends_of(database, history, &[user_id]).await?.pop();
    ends.ok_or_else(|| Error::Corrupt("a user has no log".to_owned()))
}

/// The same for several users, in their order.
pub(super) async fn ends_of(database: &mut PgConnection, history: &History, users: &[&str]) -> Result<Vec<LogEnds>> {
    // One statement sees one moment.
    let ends: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT coalesce((SELECT min(seq) FROM events WHERE owner = o.id), o.seq + 1, 1), coalesce(o.seq, 0),
             (SELECT value FROM meta WHERE name = 'epoch')
         FROM unnest($1::text[]) WITH ORDINALITY AS u (user_id, place)
         LEFT JOIN owners o ON o.user_id = u.user_id ORDER BY u.place",
    )
    .bind(users)
    .fetch_all(database)
    .await?;
    let ends = ends.into_iter().map(|(oldest, newest, epoch)| {
        let epoch = history.epochs.read(&epoch)?;
        Ok(LogEnds { epoch, oldest: unsigned(oldest)?, newest: unsigned(newest)? })
    });
    ends.collect()
}

/// A user's events after a number, in order.
pub(super) async fn after(
    database: &mut PgConnection,
    history: &History,
    user_id: &Arc<str>,
    after: u64,
    limit: u32,
) -> Result<Vec<FeedEvent>> {
    let rows: Vec<(i64, i64, String, i64, String)> = sqlx::query_as(
        "SELECT seq, name, payload, at, (SELECT value FROM meta WHERE name = 'epoch') FROM events
         WHERE owner = (SELECT id FROM owners WHERE user_id = $1) AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(user_id.as_ref())
    .bind(signed(after))
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    // One statement returned all rows, so they are of one epoch.
    let Some((_, _, _, at, epoch)) = rows.last() else { return Ok(Vec::new()) };
    let (at, epoch) = (*at, history.epochs.read(epoch)?);
    let events = rows.into_iter().map(|(seq, name, payload, ..)| event(user_id, &epoch, (seq, name, payload)));
    let events: Vec<FeedEvent> = events.collect::<Result<_>>()?;
    if let Some(last) = events.last() {
        history.has_read(at, last);
    }
    Ok(events)
}

/// For each of several users, the events after a number, in order.
pub(super) async fn of_users(
    database: &mut PgConnection,
    history: &History,
    users: &[(Arc<str>, u64)],
    limit: u32,
) -> Result<Vec<FeedEvent>> {
    let names: Vec<&str> = users.iter().map(|(user_id, _)| user_id.as_ref()).collect();
    let after: Vec<i64> = users.iter().map(|(_, after)| signed(*after)).collect();
    let rows: Vec<(i64, i64, i64, String, i64, String)> = sqlx::query_as(
        "SELECT u.place, e.seq, e.name, e.payload, e.at, (SELECT value FROM meta WHERE name = 'epoch')
         FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS u (user_id, after, place)
             JOIN owners o ON o.user_id = u.user_id
             CROSS JOIN LATERAL (
                 SELECT seq, name, payload, at FROM events WHERE owner = o.id AND seq > u.after ORDER BY seq LIMIT $3
             ) e
         ORDER BY u.place, e.seq",
    )
    .bind(names)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    // One statement returned all rows, so they are of one epoch.
    let Some((.., at, epoch)) = rows.iter().max_by_key(|(.., at, _)| *at) else { return Ok(Vec::new()) };
    let (newest, epoch) = (*at, history.epochs.read(epoch)?);
    let mut events = vec![];
    for (place, seq, name, payload, at, _) in rows {
        let user = usize::try_from(place - 1).ok().and_then(|place| users.get(place));
        let (user_id, _) = user.ok_or_else(|| Error::Corrupt(format!("{place} is not the position of a user")))?;
        let event = event(user_id, &epoch, (seq, name, payload))?;
        if at == newest {
            history.has_read(at, &event);
        }
        events.push(event);
    }
    Ok(events)
}

fn event(user_id: &Arc<str>, epoch: &Epoch, (seq, name, payload): (i64, i64, String)) -> Result<FeedEvent> {
    let known = usize::try_from(name).ok().and_then(|name| EventName::ALL.get(name));
    let name = known.ok_or_else(|| Error::Corrupt(format!("{name} is stored as an event")))?;
    Ok(FeedEvent {
        user_id: Arc::clone(user_id),
        epoch: epoch.clone(),
        seq: unsigned(seq)?,
        name: name.as_str(),
        payload: RawValue::from_string(payload)?.into(),
        delivery: None,
    })
}

/// Some users, in order of their row ids after `after`, whose oldest event is older than a time or beyond the number to
/// keep.
pub(super) async fn overdue(
    database: &mut PgConnection,
    older_than: Timestamp,
    keep_newest: u64,
    after: i64,
) -> Result<Vec<i64>> {
    let overdue = sqlx::query_scalar(
        "SELECT o.id FROM owners o
             CROSS JOIN LATERAL (SELECT at, seq FROM events WHERE owner = o.id ORDER BY seq LIMIT 1) e
         WHERE o.id > $1 AND (e.at < $2 OR e.seq <= o.seq - $3) ORDER BY o.id LIMIT 100",
    );
    let overdue = overdue.bind(after).bind(older_than.as_millisecond()).bind(signed(keep_newest));
    Ok(overdue.fetch_all(database).await?)
}

/// How many events are deleted in one unit of work.
const FORGOTTEN_AT_ONCE: i64 = 500;

/// Deletes some of a user's oldest events; returns how many. It stops at the first event to keep, even if the clock gave
/// later events older times, so that the log has no gaps. It does not lock the user: events appended meanwhile stay, and a
/// node that deletes the same rows concurrently waits and then finds them gone.
pub(super) async fn prune(
    database: &mut PgConnection,
    owner: i64,
    older_than: Timestamp,
    keep_newest: u64,
) -> Result<usize> {
    let deleted = sqlx::query(
        "WITH oldest AS (SELECT seq, at FROM events WHERE owner = $1 ORDER BY seq LIMIT $4),
             kept AS (SELECT min(seq) AS seq FROM oldest
                 WHERE at >= $2 AND seq > (SELECT seq FROM owners WHERE id = $1) - $3)
         DELETE FROM events WHERE owner = $1
             AND seq < coalesce((SELECT seq FROM kept), (SELECT max(seq) + 1 FROM oldest))",
    )
    .bind(owner)
    .bind(older_than.as_millisecond())
    .bind(signed(keep_newest))
    .bind(FORGOTTEN_AT_ONCE)
    .execute(database)
    .await?;
    usize::try_from(deleted.rows_affected()).map_err(|error| Error::Corrupt(error.to_string()))
}
