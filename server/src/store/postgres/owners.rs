//! Users that have data, and the values that transactions of a connector share.
//!
//! Owns the tables `owners` and `sources`: the small ids that replace texts in every other table. Must not know which rows
//! refer to them.

use sqlx::PgConnection;
use wire::Transaction;

use super::identity;
use super::numbers::{signed, unsigned};
use super::unit::Unit;
use crate::store::rows::Owner;
use crate::store::{Error, Result};

/// Finds a user, without a lock.
pub(super) async fn find(database: &mut PgConnection, user_id: &str) -> Result<Option<Owner>> {
    let found: Option<(i64, i64)> =
        sqlx::query_as("SELECT id, seq FROM owners WHERE user_id = $1").bind(user_id).fetch_optional(database).await?;
    found.map(|(id, seq)| Ok(Owner { id, user_id: user_id.to_owned(), seq: unsigned(seq)? })).transpose()
}

/// Locks a user's row and reads it as of now. Nobody else appends to the user's log until the end of the unit of work. Rows
/// that refer to the user can still be written.
pub(super) async fn lock(unit: &mut Unit, id: i64) -> Result<Owner> {
    let owner = lock_those(unit, &[id], "").await?.pop();
    owner.ok_or_else(|| Error::Corrupt(format!("there is no owner {id}")))
}

/// The same for those of several users that no other unit of work has locked. Never waits.
pub(super) async fn lock_free(unit: &mut Unit, ids: &[i64]) -> Result<Vec<Owner>> {
    lock_those(unit, ids, " SKIP LOCKED").await
}

async fn lock_those(unit: &mut Unit, ids: &[i64], wait: &'static str) -> Result<Vec<Owner>> {
    // Includes the epoch, which stays the same until the commit (`epoch.rs`).
    let mut sql = sqlx::QueryBuilder::new("SELECT id, user_id, seq, (SELECT value FROM meta WHERE name = 'epoch'), ");
    sql.push(if unit.history.has_timelines() { identity::IS_SAME_TIMELINE } else { "TRUE" });
    sql.push(" FROM owners WHERE id = ANY(").push_bind(ids).push(") ORDER BY id FOR NO KEY UPDATE").push(wait);
    let found: Vec<(i64, String, i64, String, Option<bool>)> =
        sql.build_query_as().fetch_all(&mut *unit.database).await?;
    let mut owners = Vec::with_capacity(found.len());
    for (id, user_id, seq, epoch, is_same) in found {
        if is_same != Some(true) {
            unit.history.epochs.renew_connections();
            return Err(Error::Undone("the server is not on the timeline on which the epoch began".to_owned()));
        }
        unit.epoch = unit.history.epochs.read(&epoch)?;
        owners.push(Owner { id, user_id, seq: unsigned(seq)? });
    }
    Ok(owners)
}

/// Finds a user, or creates the row.
pub(super) async fn ensure(database: &mut PgConnection, user_id: &str) -> Result<Owner> {
    if let Some(owner) = find(database, user_id).await? {
        return Ok(owner);
    }
    // If another node is creating the same row, this waits for it and then finds it.
    sqlx::query("INSERT INTO owners (user_id, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING")
        .bind(user_id)
        .execute(&mut *database)
        .await?;
    find(database, user_id).await?.ok_or_else(|| Error::Corrupt("a user that was just created is missing".to_owned()))
}

/// Sets the newest event number of each of these users.
pub(super) async fn set_seqs(database: &mut PgConnection, newest: &[(i64, u64)]) -> Result<()> {
    let (ids, seqs): (Vec<i64>, Vec<i64>) = newest.iter().map(|(id, seq)| (*id, signed(*seq))).unzip();
    let update =
        "UPDATE owners o SET seq = n.seq FROM unnest($1::bigint[], $2::bigint[]) AS n (id, seq) WHERE o.id = n.id";
    sqlx::query(update).bind(ids).bind(seqs).execute(database).await?;
    Ok(())
}

/// The id of the values that a transaction shares with others of its connector. Creates the row if needed.
pub(super) async fn source(database: &mut PgConnection, transaction: &Transaction) -> Result<i64> {
    if let Some(id) = find_source(database, transaction).await? {
        return Ok(id);
    }
    sqlx::query(
        "INSERT INTO sources (connector_id, connector_type, source) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(&transaction.connector_id)
    .bind(&transaction.connector_type)
    .bind(&transaction.source)
    .execute(&mut *database)
    .await?;
    let made = find_source(database, transaction).await?;
    made.ok_or_else(|| Error::Corrupt("a source that was just created is missing".to_owned()))
}

async fn find_source(database: &mut PgConnection, transaction: &Transaction) -> Result<Option<i64>> {
    let source =
        sqlx::query_scalar("SELECT id FROM sources WHERE connector_id = $1 AND connector_type = $2 AND source = $3");
    let source = source.bind(&transaction.connector_id).bind(&transaction.connector_type).bind(&transaction.source);
    Ok(source.fetch_optional(database).await?)
}
