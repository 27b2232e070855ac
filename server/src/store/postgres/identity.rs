//! Which server a connection leads to, and at which point of its history.
//!
//! Owns reading both with functions that an ordinary role may call. Must not decide what follows from them.
//!
//! A promoted replica and a recovered backup are on another timeline; a loaded dump is in a cluster with another system
//! identifier. A restart changes neither.

use sqlx::PgConnection;

/// The system identifier and the timeline: the first eight digits of the current WAL file's name
/// (<https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADMIN-BACKUP>). The control file shows a new
/// timeline only after the checkpoint that follows a promotion.
const TIMELINE: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text || ':'
    || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";
/// Whether the server is on the timeline that is stored with the epoch. For transactions that write; cheap.
pub(super) const IS_SAME_TIMELINE: &str =
    "(SELECT value LIKE '%:' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    FROM meta WHERE name = 'identity')";
/// For servers that do not report their timeline, or not to this role: each start of the server counts as another identity.
const START: &str = "SELECT 'start:' || extract(epoch FROM pg_postmaster_start_time())::text";

/// Whether a server is a standby.
pub(super) async fn is_standby(database: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(database).await
}

/// The identity of a server that is not a standby.
pub(super) async fn of(database: &mut PgConnection) -> sqlx::Result<String> {
    match sqlx::query_scalar(TIMELINE).fetch_one(&mut *database).await {
        // The role lacks a privilege, or the server lacks a function.
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(%error, "the server does not say which timeline it is on");
            sqlx::query_scalar(START).fetch_one(database).await
        }
        identity => identity,
    }
}

/// Whether an identity contains a timeline.
pub(super) fn has_timeline(identity: &str) -> bool {
    !identity.starts_with("start:")
}
