//! Work that one node at a time does.
//!
//! Owns the table `leases`, and that nothing is written under an invalid lease. Must not know which work there is.
//!
//! A unit of work under a lease holds an advisory lock until its commit, shared with others under the same lease, and fails
//! if the lease is not valid once it has the lock. A node that takes over an expired lease needs the lock exclusively: a
//! unit of work that began in time is committed or rolled back first. Renewals do not take the lock, so they do not wait
//! for units of work.
//!
//! A token alone does not identify a lease: a replica that was behind when it was promoted issues the same token again.

use std::time::Duration;

use sqlx::PgConnection;

use crate::store::{Error, Lease, Result};

/// The first half of the keys of advisory locks for leases.
const LEASES: i32 = 2;

/// Acquires a lease unless another holder has it.
pub(super) async fn acquire(
    database: &mut PgConnection,
    name: &'static str,
    holder: &str,
    lasts: Duration,
) -> Result<Option<Lease>> {
    let others: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM leases WHERE name = $1 AND holder <> $2 AND expires_at > clock_timestamp())",
    )
    .bind(name)
    .bind(holder)
    .fetch_one(&mut *database)
    .await?;
    if others {
        return Ok(None);
    }
    sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext($2))")
        .bind(LEASES)
        .bind(name)
        .execute(&mut *database)
        .await?;
    let token: Option<i64> = sqlx::query_scalar(
        "INSERT INTO leases (name, holder, token, expires_at)
         VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
         ON CONFLICT (name) DO UPDATE
             SET holder = EXCLUDED.holder, token = leases.token + 1, expires_at = EXCLUDED.expires_at
             WHERE leases.holder = EXCLUDED.holder OR leases.expires_at <= clock_timestamp()
         RETURNING token",
    )
    .bind(name)
    .bind(holder)
    .bind(millis(lasts))
    .fetch_optional(database)
    .await?;
    Ok(token.map(|token| Lease { name, holder: holder.to_owned(), token }))
}

/// Extends a lease; returns whether it was still valid.
pub(super) async fn renew(database: &mut PgConnection, lease: &Lease, lasts: Duration) -> Result<bool> {
    let renewed = sqlx::query(
        "UPDATE leases SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE name = $1 AND token = $2 AND holder = $3 AND expires_at > clock_timestamp()",
    )
    .bind(lease.name)
    .bind(lease.token)
    .bind(&lease.holder)
    .bind(millis(lasts))
    .execute(database)
    .await?;
    Ok(renewed.rows_affected() > 0)
}

/// Ends a lease, so that other nodes can acquire it.
pub(super) async fn release(database: &mut PgConnection, lease: &Lease) -> Result<()> {
    sqlx::query("UPDATE leases SET expires_at = clock_timestamp() WHERE name = $1 AND token = $2 AND holder = $3")
        .bind(lease.name)
        .bind(lease.token)
        .bind(&lease.holder)
        .execute(database)
        .await?;
    Ok(())
}

/// Begins a unit of work under a lease; fails if the lease is not valid. A node that hangs during such a unit of work keeps
/// others from taking over for as long as its transaction may be idle, so this timeout is shorter than for other units of
/// work.
pub(super) async fn enter(database: &mut PgConnection, lease: &Lease) -> Result<()> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock_shared($1, hashtext($2)),
                set_config('idle_in_transaction_session_timeout', '5s', true)",
    )
    .bind(LEASES)
    .bind(lease.name)
    .execute(&mut *database)
    .await?;
    // A separate statement, so that it sees a takeover that happened while the one above was waiting.
    let is_valid: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM leases
             WHERE name = $1 AND token = $2 AND holder = $3 AND expires_at > clock_timestamp())",
    )
    .bind(lease.name)
    .bind(lease.token)
    .bind(&lease.holder)
    .fetch_one(database)
    .await?;
    if is_valid { Ok(()) } else { Err(Error::Unavailable(format!("the lease '{}' has lapsed", lease.name))) }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
