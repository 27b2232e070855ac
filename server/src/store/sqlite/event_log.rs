//! The event log.
//!
//! Owns the table `events`: each user's events are 1, 2, 3 … without gaps, written in the same database transaction as the
//! rows that they report. An event whose transaction has not changed since has no stored payload: the payload is built
//! again from the row. Must not decide what an event says.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::value::RawValue;
use wire::EventName;

use super::owners;
use super::row::{self, columns, select_transaction, tables};
use super::unit::Unit;
use crate::store::rows::Owner;
use crate::store::{Epoch, Error, FeedEvent, LogEnds, Result};

/// The bits of an event's key that hold its number: 68 billion events for each of 134 million users.
pub(super) const SEQ_BITS: u32 = 36;

/// The key of a user's event.
pub(super) fn key(owner: i64, seq: u64) -> Result<i64> {
    let (owner, seq) = (u64::try_from(owner).ok(), Some(seq).filter(|seq| *seq < 1 << SEQ_BITS));
    let key = owner.zip(seq).and_then(|(owner, seq)| owner.checked_mul(1 << SEQ_BITS).map(|base| base + seq));
    key.and_then(|key| i64::try_from(key).ok()).ok_or_else(|| Error::Unavailable("its event log is full".to_owned()))
}

fn seq_of(key: i64) -> u64 {
    key.cast_unsigned() & ((1 << SEQ_BITS) - 1)
}

/// The keys before and after all events of a user.
fn bounds(owner: i64) -> Result<(i64, i64)> {
    Ok((key(owner, 0)?, key(owner, (1 << SEQ_BITS) - 1)?))
}

/// Appends an event. `subject` is the transaction whose newest revision it reports: if the payload contains nothing beyond
/// the row, it is not stored but built from the row again.
pub(super) fn append(unit: &Unit<'_>, owner: &Owner, event: ledger::Event, subject: Option<i64>) -> Result<FeedEvent> {
    let name = EventName::ALL.iter().position(|name| *name == event.name).unwrap_or_default();
    let payload = (subject.is_none() || !event.is_of_row).then(|| event.payload.get());
    unit.database
        .prepare_cached("INSERT INTO events (key, name, at, subject, payload) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![key(owner.id, event.seq)?, name, unit.now.as_millisecond(), subject, payload])?;
    Ok(FeedEvent {
        user_id: owner.user_id.as_str().into(),
        epoch: unit.epoch.clone(),
        seq: event.seq,
        name: event.name.as_str(),
        payload: event.payload.into(),
        delivery: unit.delivery,
    })
}

/// Detaches a transaction's newest event from it, before the row is written or deleted: the event gets a stored payload.
pub(super) fn detach(database: &Connection, epoch: &str, owner: &Owner, id: i64, changed_seq: u64) -> Result<()> {
    let Some((key, payload)) = newest_of(database, epoch, owner, (id, changed_seq))? else { return Ok(()) };
    database
        .prepare_cached("UPDATE events SET payload = coalesce(?2, payload), subject = NULL WHERE key = ?1")?
        .execute(params![key, payload.as_deref().map(RawValue::get)])?;
    Ok(())
}

/// Stores the payload of a transaction's newest event, before the row contains more than was sent.
pub(super) fn keep_payload(database: &Connection, epoch: &str, owner: &Owner, id: i64, changed_seq: u64) -> Result<()> {
    if let Some((key, Some(payload))) = newest_of(database, epoch, owner, (id, changed_seq))? {
        let mut statement = database.prepare_cached("UPDATE events SET payload = ?2 WHERE key = ?1")?;
        statement.execute(params![key, payload.get()])?;
    }
    Ok(())
}

/// The key of a transaction's newest event, with the payload as it was sent if none is stored.
fn newest_of(
    database: &Connection,
    epoch: &str,
    owner: &Owner,
    (id, changed_seq): (i64, u64),
) -> Result<Option<(i64, Option<Box<RawValue>>)>> {
    let key = key(owner.id, changed_seq)?;
    let found: Option<(i64, bool)> = database
        .prepare_cached("SELECT at, payload IS NULL FROM events WHERE key = ?1 AND subject = ?2")?
        .query_row([key, id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((at, is_of_row)) = found else { return Ok(None) };
    if !is_of_row {
        return Ok(Some((key, None)));
    }
    let mut statement = database.prepare_cached(concat!(select_transaction!(), " WHERE t.id = ?1"))?;
    let row = statement.query_and_then([id], |row| row::read(row, &owner.user_id))?.next();
    let row = row.ok_or_else(|| Error::Corrupt(format!("there is no transaction {id}")))??;
    let payload = ledger::transaction_payload(epoch, changed_seq, moment(at), row.stored.transaction);
    Ok(Some((key, Some(payload))))
}

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN)
}

/// The keys that bound a user's events after a number: the key before the first, and the highest possible key.
pub(super) fn range_after(owner: i64, after: u64) -> Result<(i64, i64)> {
    // No number in a log needs more bits.
    Ok((key(owner, after.min((1 << SEQ_BITS) - 1))?, bounds(owner)?.1))
}

/// A user's newest event number; 0 before the first.
pub(super) fn newest_seq(database: &Connection, user_id: &str) -> Result<u64> {
    Ok(owners::find(database, user_id)?.map(|owner| owner.seq).unwrap_or_default())
}

/// The oldest and newest event numbers of a user's log.
pub(super) fn ends(database: &Connection, epoch: &Epoch, user_id: &str) -> Result<LogEnds> {
    let epoch = epoch.clone();
    let Some(owner) = owners::find(database, user_id)? else { return Ok(LogEnds { epoch, oldest: 1, newest: 0 }) };
    Ok(LogEnds { epoch, oldest: oldest(database, owner.id)?.unwrap_or(owner.seq + 1), newest: owner.seq })
}

/// The oldest number in a user's log.
pub(super) fn oldest(database: &Connection, owner: i64) -> Result<Option<u64>> {
    let (first, last) = bounds(owner)?;
    let key: Option<i64> = database
        .prepare_cached("SELECT min(key) FROM events WHERE key BETWEEN ?1 AND ?2")?
        .query_row([first, last], |row| row.get(0))?;
    Ok(key.map(seq_of))
}

/// Each table has its own outer join: SQLite would first compute a join nested in the outer join for all users' rows.
const AFTER: &str = concat!(
    "SELECT ",
    columns!(),
    ", e.key, e.name, e.at, e.payload FROM events e LEFT JOIN transactions t ON t.id = e.subject
         LEFT JOIN accounts a ON a.id = t.account LEFT JOIN connections c ON c.id = a.connection
         LEFT JOIN sources s ON s.id = t.source
     WHERE e.key > ?1 AND e.key <= ?2 ORDER BY e.key LIMIT ?3"
);

/// A user's events after a number, in order.
pub(super) fn after(
    database: &Connection,
    epoch: &Epoch,
    user_id: &Arc<str>,
    after: u64,
    limit: u32,
) -> Result<Vec<FeedEvent>> {
    let Some(owner) = owners::find(database, user_id)? else { return Ok(Vec::new()) };
    let (before, last) = range_after(owner.id, after)?;
    let mut statement = database.prepare_cached(AFTER)?;
    let rows = statement.query_and_then(params![before, last, limit], |row| event(row, epoch, user_id))?;
    rows.collect()
}

fn event(row: &Row<'_>, epoch: &Epoch, user_id: &Arc<str>) -> Result<FeedEvent> {
    let (key, name, at): (i64, usize, i64) = (row.get(20)?, row.get(21)?, row.get(22)?);
    let name = EventName::ALL.get(name).ok_or_else(|| Error::Corrupt(format!("{name} is stored as an event")))?;
    let seq = seq_of(key);
    let payload = match row.get::<_, Option<String>>(23)? {
        Some(payload) => RawValue::from_string(payload)?,
        None => {
            let transaction = self::row::read(row, user_id)?.stored.transaction;
            ledger::transaction_payload(epoch, seq, moment(at), transaction)
        }
    };
    Ok(FeedEvent {
        user_id: Arc::clone(user_id),
        epoch: epoch.clone(),
        seq,
        name: name.as_str(),
        payload: payload.into(),
        delivery: None,
    })
}

/// An event as stored in the log.
pub(super) struct Logged<'a> {
    pub(super) owner: i64,
    pub(super) seq: i64,
    /// Its position in `wire::EventName::ALL`.
    pub(super) name: i64,
    pub(super) at: i64,
    pub(super) payload: &'a str,
}

/// All users' events, each user's in order.
pub(super) fn each(database: &Connection, epoch: &Epoch, mut take: impl FnMut(Logged<'_>) -> Result<()>) -> Result<()> {
    let mut owner: Option<(i64, Arc<str>)> = None;
    let mut statement = database.prepare(AFTER)?;
    let mut rows = statement.query(params![i64::MIN, i64::MAX, -1])?;
    while let Some(row) = rows.next()? {
        let (key, name, at): (i64, i64, i64) = (row.get(20)?, row.get(21)?, row.get(22)?);
        let id = key >> SEQ_BITS;
        let user_id = match &owner {
            Some((known, user_id)) if *known == id => Arc::clone(user_id),
            _ => owners::get(database, id)?.user_id.into(),
        };
        let made;
        let payload = match row.get_ref(23)?.as_str_or_null().map_err(rusqlite::Error::from)? {
            Some(payload) => payload,
            None => {
                made = event(row, epoch, &user_id)?.payload;
                made.get()
            }
        };
        take(Logged { owner: id, seq: seq_of(key).cast_signed(), name, at, payload })?;
        owner = Some((id, user_id));
    }
    Ok(())
}

/// Some users, in order of their row ids after `after`, whose oldest event is older than a time or beyond the number to
/// keep.
pub(super) fn overdue(
    database: &Connection,
    older_than: Timestamp,
    keep_newest: u64,
    after: i64,
) -> Result<Vec<Owner>> {
    let mut statement = database
        .prepare_cached(
            "SELECT o.id, o.user_id, o.seq FROM owners o CROSS JOIN events e
             WHERE o.id > ?1 AND e.key = (SELECT min(key) FROM events WHERE key BETWEEN o.id << ?4 AND ((o.id + 1) << ?4) - 1)
                 AND (e.at < ?2 OR (e.key & ((1 << ?4) - 1)) <= o.seq - ?3)
             ORDER BY o.id LIMIT 100",
        )?;
    let keep = i64::try_from(keep_newest).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![after, older_than.as_millisecond(), keep, SEQ_BITS], |row| {
        Ok(Owner { id: row.get(0)?, user_id: row.get(1)?, seq: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many events are deleted in one job, so that no delivery waits long behind it.
const FORGOTTEN_AT_ONCE: u32 = 500;

/// Deletes some of a user's oldest events; returns how many. It stops at the first event to keep, even if the clock gave
/// later events older times, so that the log has no gaps.
pub(super) fn prune(database: &Connection, owner: i64, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
    let newest = owners::get(database, owner)?.seq;
    let last_to_go = newest.saturating_sub(keep_newest);
    let (first, last) = bounds(owner)?;
    let mut oldest =
        database.prepare_cached("SELECT key, at FROM events WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3")?;
    let mut rows = oldest.query(params![first, last, FORGOTTEN_AT_ONCE])?;
    let mut up_to: Option<i64> = None;
    while let Some(row) = rows.next()? {
        let (key, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        if at >= older_than.as_millisecond() && seq_of(key) > last_to_go {
            break;
        }
        up_to = Some(key);
    }
    let Some(up_to) = up_to else { return Ok(0) };
    let deleted = database.prepare_cached("DELETE FROM events WHERE key BETWEEN ?1 AND ?2")?.execute([first, up_to])?;
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_looks_at_the_events_it_reads_and_at_their_rows_alone() {
        let mut database = Connection::open_in_memory().expect("a database");
        super::super::schema::migrate(&mut database).expect("migrated");
        let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {AFTER}")).expect("a plan");
        let steps = plan.query_map([1, 2, 3], |row| row.get::<_, String>(3)).expect("steps");
        let steps: Vec<String> = steps.collect::<rusqlite::Result<_>>().expect("steps");
        assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
    }

    #[test]
    fn keys_keep_users_apart_and_numbers_in_order() {
        let (first, last) = bounds(7).expect("in range");
        assert!(first < key(7, 1).expect("in range") && key(7, 1).expect("in range") < last);
        assert!(last < key(8, 0).expect("in range"));
        assert_eq!(seq_of(key(7, 123).expect("in range")), 123);
        assert!(key(1 << 27, 1).is_err() && key(1, 1 << 36).is_err());
    }
}
