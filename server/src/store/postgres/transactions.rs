//! Queries of transactions.
//!
//! Owns the pages, the totals and the snapshot. Must not write.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};
use wire::api::{Snapshot, Summary, TransactionQuery, TransactionsPage};
use wire::transaction::TransactionKey;
use wire::{PrimaryType, Transaction};

use super::columns::{amount, currency};
use super::history::History;
use super::row::{self, columns, tables};
use super::{accounts, event_log, owners};
use crate::store::rows::{Totals, bound, cursor, day_of, limit, type_code};
use crate::store::{Error, Result};

/// A page of a user's transactions: newest first, or with `since` in the order they changed.
pub(super) async fn page(
    database: &mut PgConnection,
    user_id: &str,
    query: &TransactionQuery,
) -> Result<TransactionsPage> {
    let limit = limit(query)?;
    let mut page = TransactionsPage { success: true, ..TransactionsPage::default() };
    let owner = owners::find(database, user_id).await?;
    let select = match query.since {
        Some(_) => concat!("SELECT ", columns!(), ", t.changed_seq FROM ", tables!(), " WHERE t.owner = "),
        None => concat!("SELECT ", columns!(), ", t.rank_ms FROM ", tables!(), " WHERE t.owner = "),
    };
    let mut sql = QueryBuilder::<Postgres>::new(select);
    sql.push_bind(owner.as_ref().map_or(0, |owner| owner.id));
    filter(&mut sql, query)?;
    if owner.is_none() {
        return Ok(page);
    }
    sql.push(match query.since {
        Some(_) => " ORDER BY t.changed_seq, t.id LIMIT ",
        None => " ORDER BY t.rank_ms DESC, t.id DESC LIMIT ",
    });
    // One row more than requested shows whether there is a next page.
    sql.push_bind(i64::from(limit) + 1);
    let mut rows = sql.build().fetch_all(database).await?;
    if rows.len() > limit as usize {
        rows.truncate(limit as usize);
        page.next_cursor = rows.last().map(place).transpose()?;
    }
    for row in &rows {
        page.transactions.push(row::read(row, user_id)?.stored.transaction);
    }
    Ok(page)
}

/// The cursor after a row: its number, which is that of the event that reported the change or the rank (`wire::rank`), and
/// its id.
fn place(row: &PgRow) -> Result<String> {
    let (id, rank): (i64, i64) = (row.try_get(0)?, row.try_get(20)?);
    Ok(format!("{rank}.{id}"))
}

fn filter(sql: &mut QueryBuilder<Postgres>, query: &TransactionQuery) -> Result<()> {
    if let Some(since) = query.since {
        let since = i64::try_from(since).map_err(|_| Error::Invalid("since is not an event number"))?;
        sql.push(" AND t.changed_seq > ").push_bind(since);
    }
    if let Some(before) = &query.before {
        let (rank, id) = cursor(before)?;
        let follows =
            if query.since.is_some() { " AND (t.changed_seq, t.id) > (" } else { " AND (t.rank_ms, t.id) < (" };
        sql.push(follows).push_bind(rank).push(", ").push_bind(id).push(")");
    }
    if let Some(account) = &query.account {
        sql.push(" AND a.account_id = ").push_bind(account.clone());
    }
    if let Some(connector) = &query.connector {
        sql.push(" AND s.connector_id = ").push_bind(connector.clone());
    }
    if let Some(text) = &query.q {
        sql.push(" AND strpos(t.search, ").push_bind(folding::fold(text)).push(") > 0");
    }
    if let Some(from) = &query.from {
        let (instant, day) = (bound(from, false)?, bound(day_of(from), false)?);
        sql.push(" AND t.rank_ms >= ").push_bind(instant.min(day));
        sql.push(" AND t.rank_ms >= CASE WHEN t.is_day THEN ").push_bind(day);
        sql.push(" ELSE ").push_bind(instant).push(" END");
    }
    if let Some(to) = &query.to {
        let (instant, day) = (bound(to, true)?, bound(day_of(to), true)?);
        sql.push(" AND t.rank_ms < ").push_bind(instant.max(day));
        sql.push(" AND t.rank_ms < CASE WHEN t.is_day THEN ").push_bind(day);
        sql.push(" ELSE ").push_bind(instant).push(" END");
    }
    if let Some(primary_type) = &query.primary_type {
        let known: PrimaryType =
            primary_type.parse().map_err(|()| Error::Invalid("type is not expense, income or transfer"))?;
        sql.push(" AND t.primary_type = ").push_bind(type_code(known));
    }
    Ok(())
}

/// One of a user's transactions, by the provider's first or newest id.
pub(super) async fn one(database: &mut PgConnection, user_id: &str, key: &TransactionKey) -> Result<Transaction> {
    let accounts: Vec<i64> = sqlx::query_scalar(
        "SELECT a.id FROM accounts a JOIN connections c ON c.id = a.connection
         WHERE a.owner = (SELECT id FROM owners WHERE user_id = $1) AND a.account_id = $2 AND c.connector_id = $3
             AND c.connection_id = $4 ORDER BY a.id",
    )
    .bind(user_id)
    .bind(&key.account_id)
    .bind(&key.connector_id)
    .bind(&key.connection_id)
    .fetch_all(&mut *database)
    .await?;
    for account in accounts {
        let rows = row::named(database, &[account], &[&key.transaction_id], |_| Some(user_id)).await?;
        let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
        let by_first = rows.iter().position(|row| row.stored.transaction.transaction_id == key.transaction_id);
        if let Some(found) = rows.into_iter().nth(by_first.unwrap_or_default()) {
            return Ok(found.stored.transaction);
        }
    }
    Err(Error::NotFound)
}

/// Totals since the first of the month (UTC), for each currency.
pub(super) async fn summary(
    database: &mut PgConnection,
    history: &History,
    user_id: &str,
    now: Timestamp,
) -> Result<Summary> {
    let mut totals = Totals::of_month(now)?;
    for account in accounts::of_user(database, user_id).await? {
        totals.add_account(&account);
    }
    let rows = sqlx::query(
        "SELECT amount, currency FROM transactions
         WHERE owner = (SELECT id FROM owners WHERE user_id = $1) AND rank_ms >= $2 AND primary_type <> 2",
    );
    for row in rows.bind(user_id).bind(totals.from()).fetch_all(&mut *database).await? {
        totals.add(amount(&row, 0)?.unwrap_or_default(), currency(&row, 1)?);
    }
    let ends = event_log::ends(database, history, user_id).await?;
    Ok(totals.summary(ends.newest, ends.epoch.to_string()))
}

/// Everything that the dashboard shows when it opens.
pub(super) async fn snapshot(
    database: &mut PgConnection,
    history: &History,
    user_id: String,
    display_name: String,
    now: Timestamp,
) -> Result<Snapshot> {
    let page = page(database, &user_id, &TransactionQuery::default()).await?;
    let summary = summary(database, history, &user_id, now).await?;
    Ok(Snapshot {
        seq: summary.seq,
        epoch: summary.epoch.clone(),
        accounts: accounts::of_user(database, &user_id).await?,
        transactions: page.transactions,
        next_cursor: page.next_cursor,
        summary,
        user_id,
        display_name,
    })
}
