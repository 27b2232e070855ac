//! Refreshes of connections at their providers.
//!
//! Owns the table `refreshes`. Must not know a provider's budget.

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use crate::store::{Budget, Result};

/// The first half of the keys of advisory locks for connections' budgets.
const BUDGETS: i32 = 1;

/// Counts a refresh; if the budget is used up, returns when the next one is possible.
pub(super) async fn take(
    database: &mut PgConnection,
    (connector_id, connection_id): (&str, &str),
    budget: Budget,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    // Rows are counted, and there may be none to lock. Connections with the same hash wait for each other.
    sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext($2))")
        .bind(BUDGETS)
        .bind(format!("{connector_id}/{connection_id}"))
        .execute(&mut *database)
        .await?;
    let within = SignedDuration::try_from(budget.within).unwrap_or(SignedDuration::MAX);
    let counts_since = now.saturating_sub(within).unwrap_or(Timestamp::MIN).as_millisecond();
    // Removing a connection and registering it again does not renew its budget.
    sqlx::query("DELETE FROM refreshes WHERE connector_id = $1 AND connection_id = $2 AND at <= $3")
        .bind(connector_id)
        .bind(connection_id)
        .bind(counts_since)
        .execute(&mut *database)
        .await?;
    let taken: Vec<i64> =
        sqlx::query_scalar("SELECT at FROM refreshes WHERE connector_id = $1 AND connection_id = $2 ORDER BY at DESC")
            .bind(connector_id)
            .bind(connection_id)
            .fetch_all(&mut *database)
            .await?;
    let last = usize::try_from(budget.times).unwrap_or(usize::MAX).checked_sub(1);
    if let Some(at) = last.map_or(Some(now.as_millisecond()), |last| taken.get(last).copied()) {
        let at = Timestamp::from_millisecond(at).unwrap_or(now);
        return Ok(Some(at.saturating_add(within).unwrap_or(Timestamp::MAX)));
    }
    sqlx::query("INSERT INTO refreshes (connector_id, connection_id, at) VALUES ($1, $2, $3)")
        .bind(connector_id)
        .bind(connection_id)
        .bind(now.as_millisecond())
        .execute(database)
        .await?;
    Ok(None)
}
