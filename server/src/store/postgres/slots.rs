//! The slots of users over all nodes.
//!
//! Owns the tables `nodes` and `slots`, and that no user has more slots than allowed. Must not know what takes one.
//!
//! To take a user's slots, a node holds an advisory lock for that user until the commit. Returning slots needs no lock. An
//! expired registration is never renewed, so it stays expired once seen as such. From then on, rows of expired nodes do not
//! count; they are deleted later, some at a time.

use std::time::Duration;

use sqlx::PgConnection;

use crate::store::{Error, NodeId, Result, SlotRequest};

/// The settings of the connection for slots. A node that freezes while it holds locks must not block others for long.
pub(super) const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '2s'; SET statement_timeout = '4s'; \
     SET lock_timeout = '3s'; SET default_transaction_isolation = 'read committed'; SET synchronous_commit = 'on'";
/// The first half of the keys of advisory locks for users.
const USERS: i32 = 3;
/// How many rows of expired nodes are deleted at once.
const DELETED_AT_ONCE: i64 = 2000;

/// Registers a node.
pub(super) async fn register(database: &mut PgConnection, lasts: Duration) -> Result<NodeId> {
    let id = sqlx::query_scalar(
        "INSERT INTO nodes (expires_at) VALUES (clock_timestamp() + $1 * interval '1 millisecond') RETURNING id",
    );
    Ok(NodeId(id.bind(millis(lasts)).fetch_one(database).await?))
}

/// Extends a registration; returns whether it was still valid. Deletes some rows of expired registrations.
pub(super) async fn renew(database: &mut PgConnection, node: NodeId, lasts: Duration) -> Result<bool> {
    let renewed = sqlx::query(
        "UPDATE nodes SET expires_at = clock_timestamp() + $2 * interval '1 millisecond'
         WHERE id = $1 AND expires_at > clock_timestamp()",
    )
    .bind(node.0)
    .bind(millis(lasts))
    .execute(&mut *database)
    .await?;
    delete_expired(database).await?;
    Ok(renewed.rows_affected() > 0)
}

/// Makes a registration expire.
pub(super) async fn end(database: &mut PgConnection, node: NodeId) -> Result<()> {
    sqlx::query("UPDATE nodes SET expires_at = clock_timestamp() WHERE id = $1").bind(node.0).execute(database).await?;
    Ok(())
}

/// Waits until no other node is taking slots of these users. Locks are taken in order to avoid deadlocks.
pub(super) async fn lock(database: &mut PgConnection, requests: &[SlotRequest]) -> Result<()> {
    let users: Vec<&str> = requests.iter().filter(|it| it.wanted > 0).map(|it| &*it.user_id).collect();
    if users.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "SELECT pg_advisory_xact_lock($1, lock)
         FROM (SELECT DISTINCT hashtext(user_id) AS lock FROM unnest($2::text[]) AS users (user_id) ORDER BY 1) AS locks",
    )
    .bind(USERS)
    .bind(users)
    .execute(database)
    .await?;
    Ok(())
}

/// Records the slots in use and grants requested ones if free; returns how many the node then has of each user.
pub(super) async fn record(
    database: &mut PgConnection,
    node: NodeId,
    requests: &[SlotRequest],
    limit: u32,
) -> Result<Vec<u32>> {
    let users: Vec<&str> = requests.iter().map(|it| &*it.user_id).collect();
    let used: Vec<i64> = requests.iter().map(|it| it.used.into()).collect();
    let wanted: Vec<i64> = requests.iter().map(|it| it.wanted.into()).collect();
    // A separate statement after the locks, so that it sees slots taken while this one waited.
    let recorded: Vec<i64> = sqlx::query_scalar(
        "WITH asked AS (
             SELECT user_id, used, wanted, place
             FROM unnest($2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS asked (user_id, used, wanted, place)
             WHERE EXISTS (SELECT 1 FROM nodes WHERE id = $1 AND expires_at > clock_timestamp())
         ), counted AS MATERIALIZED (
             SELECT user_id, place, least(used + wanted, greatest(used, $5 - (
                 SELECT coalesce(sum(slots.used), 0)::bigint FROM slots JOIN nodes ON nodes.id = slots.node
                 WHERE slots.user_id = asked.user_id AND slots.node <> $1 AND nodes.expires_at > clock_timestamp()
             ))) AS used
             FROM asked
         ), freed AS (
             DELETE FROM slots USING counted
             WHERE slots.user_id = counted.user_id AND slots.node = $1 AND counted.used = 0
         ), taken AS (
             INSERT INTO slots (user_id, node, used) SELECT user_id, $1, used FROM counted WHERE used > 0
             ON CONFLICT (user_id, node) DO UPDATE SET used = EXCLUDED.used
         )
         SELECT used FROM counted ORDER BY place",
    )
    .bind(node.0)
    .bind(users)
    .bind(used)
    .bind(wanted)
    .bind(i64::from(limit))
    .fetch_all(database)
    .await?;
    if recorded.len() < requests.len() {
        return Err(Error::Unavailable("the registration of this node has expired".to_owned()));
    }
    recorded.into_iter().map(number).collect()
}

/// The number of slots that a node has of each user.
pub(super) async fn recorded(database: &mut PgConnection, node: NodeId) -> Result<Vec<(String, u32)>> {
    let recorded: Vec<(String, i64)> =
        sqlx::query_as("SELECT user_id, used FROM slots WHERE node = $1").bind(node.0).fetch_all(database).await?;
    recorded.into_iter().map(|(user_id, used)| Ok((user_id, number(used)?))).collect()
}

/// Deletes some slots of expired nodes, and expired nodes that have none left. Skips rows that another node is deleting.
async fn delete_expired(database: &mut PgConnection) -> Result<()> {
    let slots = sqlx::query(
        "DELETE FROM slots WHERE (user_id, node) IN (
             SELECT user_id, node FROM slots
             WHERE node IN (SELECT id FROM nodes WHERE expires_at <= clock_timestamp())
             LIMIT $1 FOR UPDATE SKIP LOCKED)",
    );
    slots.bind(DELETED_AT_ONCE).execute(&mut *database).await?;
    sqlx::query(
        "DELETE FROM nodes WHERE id IN (
             SELECT id FROM nodes
             WHERE expires_at <= clock_timestamp() AND NOT EXISTS (SELECT 1 FROM slots WHERE node = nodes.id)
             FOR UPDATE SKIP LOCKED)",
    )
    .execute(database)
    .await?;
    Ok(())
}

fn number(used: i64) -> Result<u32> {
    u32::try_from(used).map_err(|error| Error::Corrupt(error.to_string()))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
