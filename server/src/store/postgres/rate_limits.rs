//! What nodes have spent of shared rate limits.
//!
//! Owns the table `rate_limits`. Must not know what a key stands for. A row holds when everything spent will have
//! recovered, in microseconds since 1970-01-01T00:00:00Z by the database's clock.

use std::time::Duration;

use sqlx::PgConnection;

use crate::store::{Error, LimitKey, Result, Spent};

/// Adds what a node has spent, in one statement, so that a node that freezes does not block others. Rows are written in key
/// order to avoid deadlocks.
pub(super) async fn spend(database: &mut PgConnection, spent: &[(LimitKey, Duration)]) -> Result<Spent> {
    let keys: Vec<&[u8]> = spent.iter().map(|(key, _)| key.as_slice()).collect();
    let times: Vec<i64> = spent.iter().map(|(_, time)| i64::try_from(time.as_micros()).unwrap_or(i64::MAX)).collect();
    let all: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "WITH now AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros)
         INSERT INTO rate_limits AS stored (key, spent, recovered_at)
             SELECT key, spent, micros + spent FROM unnest($1::bytea[], $2::bigint[]) AS spent (key, spent), now
             ORDER BY key
         ON CONFLICT (key) DO UPDATE SET spent = EXCLUDED.spent,
             recovered_at = greatest(stored.recovered_at, EXCLUDED.recovered_at - EXCLUDED.spent) + EXCLUDED.spent
         RETURNING key, greatest(0, recovered_at - (SELECT micros FROM now)),
             (SELECT count(*) FROM nodes WHERE expires_at > clock_timestamp())",
    )
    .bind(keys)
    .bind(times)
    .fetch_all(database)
    .await?;
    let nodes = all.first().map_or(0, |(_, _, nodes)| u32::try_from(*nodes).unwrap_or(u32::MAX));
    let read = |(key, micros, _): (Vec<u8>, i64, i64)| {
        let key =
            key.try_into().map_err(|_| Error::Corrupt("a key of a rate limit has the wrong length".to_owned()))?;
        Ok((key, Duration::from_micros(micros.unsigned_abs())))
    };
    Ok(Spent { all: all.into_iter().map(read).collect::<Result<_>>()?, nodes })
}

/// Deletes rows that have recovered, and skips those that another node has locked.
pub(super) async fn delete_recovered(database: &mut PgConnection) -> Result<()> {
    sqlx::query(
        "DELETE FROM rate_limits WHERE key IN (
             SELECT key FROM rate_limits WHERE recovered_at < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
             FOR UPDATE SKIP LOCKED)",
    )
    .execute(database)
    .await?;
    Ok(())
}
