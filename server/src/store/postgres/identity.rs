//! Which server a connection leads to, and at which point of its history.
//!
//! Owns reading it with what an ordinary role may call. Must not know what follows from it.
//!
//! A promoted replica and a backup that was recovered are on another timeline; a dump that was loaded is in a cluster with
//! another system identifier. A restart changes neither.

use sqlx::PgConnection;

/// The cluster, and its timeline: the first eight digits of the name of the log's current file
/// (<https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADMIN-BACKUP>). The control file has the new timeline
/// only once the checkpoint after a promotion has ended.
const TIMELINE: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text || ':'
    || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";
/// Whether the server is on the timeline that is stored with the epoch. In a transaction that writes; cheap.
pub(super) const IS_SAME_TIMELINE: &str =
    "(SELECT value LIKE '%:' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    FROM meta WHERE name = 'identity')";
/// For servers that do not say it, or not to this role: each start of the server is another identity.
const START: &str = "SELECT 'start:' || extract(epoch FROM pg_postmaster_start_time())::text";

/// Whether a server only follows another one.
pub(super) async fn is_standby(database: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(database).await
}

/// The identity of a server that is no standby.
pub(super) async fn of(database: &mut PgConnection) -> sqlx::Result<String> {
    match sqlx::query_scalar(TIMELINE).fetch_one(&mut *database).await {
        // A missing right or function.
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(%error, "the server does not say which timeline it is on");
            sqlx::query_scalar(START).fetch_one(database).await
        }
        identity => identity,
    }
}

/// Whether an identity names a timeline.
pub(super) fn has_timeline(identity: &str) -> bool {
    !identity.starts_with("start:")
}
