//! Refreshes of connections at their providers.
//!
//! Owns the table `refreshes`. Must not know a provider's budget.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection as Database, params};

use crate::store::{Budget, Result};

/// Counts a refresh; if the budget is used up, returns when the next one is possible.
pub(super) fn take(
    database: &Database,
    (connector_id, connection_id): (&str, &str),
    budget: Budget,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let within = SignedDuration::try_from(budget.within).unwrap_or(SignedDuration::MAX);
    let counts_since = now.saturating_sub(within).unwrap_or(Timestamp::MIN).as_millisecond();
    // Removing a connection and registering it again does not renew its budget.
    database
        .prepare_cached("DELETE FROM refreshes WHERE connector_id = ?1 AND connection_id = ?2 AND at <= ?3")?
        .execute(params![connector_id, connection_id, counts_since])?;
    let mut statement = database
        .prepare_cached("SELECT at FROM refreshes WHERE connector_id = ?1 AND connection_id = ?2 ORDER BY at DESC")?;
    let taken = statement.query_map([connector_id, connection_id], |row| row.get(0))?;
    let taken: Vec<i64> = taken.collect::<rusqlite::Result<_>>()?;
    let last = usize::try_from(budget.times).unwrap_or(usize::MAX).checked_sub(1);
    if let Some(at) = last.map_or(Some(now.as_millisecond()), |last| taken.get(last).copied()) {
        let at = Timestamp::from_millisecond(at).unwrap_or(now);
        return Ok(Some(at.saturating_add(within).unwrap_or(Timestamp::MAX)));
    }
    database
        .prepare_cached("INSERT INTO refreshes (connector_id, connection_id, at) VALUES (?1, ?2, ?3)")?
        .execute(params![connector_id, connection_id, now.as_millisecond()])?;
    Ok(None)
}
