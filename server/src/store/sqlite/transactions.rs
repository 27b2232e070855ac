//! Queries of transactions.
//!
//! Owns the pages, the totals and the cursor's format. Must not write.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use wire::api::{Snapshot, Summary, TransactionQuery, TransactionsPage};
use wire::transaction::TransactionKey;
use wire::{PrimaryType, Transaction};

use super::columns::{amount, currency};
use super::row::{self, columns, tables};
use super::{accounts, epoch, event_log, owners};
use crate::store::rows::{Owner, Totals, bound, cursor, day_of, limit, type_code};
use crate::store::{Error, Result};

/// A page of a user's transactions: newest first, or with `since` in the order they changed.
pub(super) fn page(connection: &Connection, user_id: &str, query: &TransactionQuery) -> Result<TransactionsPage> {
    let limit = limit(query)?;
    let mut page = TransactionsPage { success: true, ..TransactionsPage::default() };
    let Some(owner) = owners::find(connection, user_id)? else {
        Filter::of(0).fill(query)?;
        return Ok(page);
    };
    let mut filter = Filter::of(owner.id);
    filter.fill(query)?;
    // The first number of the cursor: that of the event that reported the change, or the rank (`wire::rank`).
    let (rank, from, order) = match query.since {
        Some(since) => {
            let (from, order) = changed_since(connection, &owner, since, query, &mut filter)?;
            ("t.changed_seq", from, order)
        }
        None => ("t.rank_ms", tables!(), "t.rank_ms DESC, t.id DESC"),
    };
    // One row more than requested shows whether there is a next page.
    filter.values.push(Value::from(i64::from(limit) + 1));
    let sql = format!(
        "SELECT {}, {rank} FROM {from} WHERE {} ORDER BY {order} LIMIT ?",
        columns!(),
        filter.clauses.join(" AND ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(filter.values))?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        if page.transactions.len() == limit as usize {
            page.next_cursor = last;
            break;
        }
        let (id, rank): (i64, i64) = (row.get(0)?, row.get(20)?);
        last = Some(format!("{rank}.{id}"));
        page.transactions.push(row::read(row, user_id)?.stored.transaction);
    }
    Ok(page)
}

/// Where to find transactions that changed after an event, and their order. If the log reaches back that far, searches the
/// events that are the newest of a transaction; otherwise, all of the user's transactions.
fn changed_since(
    connection: &Connection,
    owner: &Owner,
    since: u64,
    query: &TransactionQuery,
    filter: &mut Filter,
) -> Result<(&'static str, &'static str)> {
    let oldest = event_log::oldest(connection, owner.id)?.unwrap_or(owner.seq + 1);
    if since.saturating_add(1) < oldest {
        return Ok((tables!(), "t.changed_seq, t.id"));
    }
    // A page begins where the previous one ended.
    let reached = query.before.as_deref().map(cursor).transpose()?;
    let reached = reached.and_then(|(seq, _)| u64::try_from(seq).ok()).unwrap_or_default();
    let (first, last) = event_log::range_after(owner.id, since.max(reached))?;
    filter.add("e.key > ?", first);
    filter.add("e.key <= ?", last);
    let of_events = "events e CROSS JOIN transactions t ON t.id = e.subject JOIN accounts a ON a.id = t.account
         JOIN connections c ON c.id = a.connection JOIN sources s ON s.id = t.source";
    Ok((of_events, "e.key"))
}

struct Filter {
    clauses: Vec<&'static str>,
    values: Vec<Value>,
}

impl Filter {
    fn of(owner: i64) -> Self {
        Self { clauses: vec!["t.owner = ?"], values: vec![Value::from(owner)] }
    }

    fn add(&mut self, clause: &'static str, value: impl Into<Value>) {
        self.clauses.push(clause);
        self.values.push(value.into());
    }

    fn fill(&mut self, query: &TransactionQuery) -> Result<()> {
        if let Some(since) = query.since {
            let since = i64::try_from(since).map_err(|_| Error::Invalid("since is not an event number"))?;
            self.add("t.changed_seq > ?", since);
        }
        if let Some(before) = &query.before {
            let (rank, id) = cursor(before)?;
            let follows =
                if query.since.is_some() { "(t.changed_seq, t.id) > (?, ?)" } else { "(t.rank_ms, t.id) < (?, ?)" };
            self.add(follows, rank);
            self.values.push(id.into());
        }
        if let Some(account) = &query.account {
            self.add("a.account_id = ?", account.clone());
        }
        if let Some(connector) = &query.connector {
            self.add("s.connector_id = ?", connector.clone());
        }
        if let Some(text) = &query.q {
            self.add("instr(t.search, ?) > 0", folding::fold(text));
        }
        if let Some(from) = &query.from {
            let (instant, day) = (bound(from, false)?, bound(day_of(from), false)?);
            self.add("t.rank_ms >= ?", instant.min(day));
            self.add("t.rank_ms >= iif(t.is_day, ?, ?)", day);
            self.values.push(instant.into());
        }
        if let Some(to) = &query.to {
            let (instant, day) = (bound(to, true)?, bound(day_of(to), true)?);
            self.add("t.rank_ms < ?", instant.max(day));
            self.add("t.rank_ms < iif(t.is_day, ?, ?)", day);
            self.values.push(instant.into());
        }
        if let Some(primary_type) = &query.primary_type {
            let known: PrimaryType =
                primary_type.parse().map_err(|()| Error::Invalid("type is not expense, income or transfer"))?;
            self.add("t.primary_type = ?", type_code(known));
        }
        Ok(())
    }
}

/// One of a user's transactions, by the provider's first or newest id.
pub(super) fn one(connection: &Connection, user_id: &str, key: &TransactionKey) -> Result<Transaction> {
    let mut statement = connection.prepare_cached(
        "SELECT a.id FROM accounts a JOIN connections c ON c.id = a.connection
         WHERE a.owner = (SELECT id FROM owners WHERE user_id = ?1) AND a.account_id = ?2 AND c.connector_id = ?3
             AND c.connection_id = ?4",
    )?;
    let place = params![user_id, key.account_id, key.connector_id, key.connection_id];
    for account in statement.query_map(place, |row| row.get(0))? {
        if let Some(found) = row::find(connection, account?, &key.transaction_id, user_id)? {
            return Ok(found.stored.transaction);
        }
    }
    Err(Error::NotFound)
}

/// Totals since the first of the month (UTC), for each currency.
pub(super) fn summary(connection: &Connection, user_id: &str, now: Timestamp) -> Result<Summary> {
    let mut totals = Totals::of_month(now)?;
    for account in accounts::of_user(connection, user_id)? {
        totals.add_account(&account);
    }
    let mut statement = connection.prepare_cached(
        "SELECT amount, currency FROM transactions
         WHERE owner = (SELECT id FROM owners WHERE user_id = ?1) AND rank_ms >= ?2 AND primary_type <> 2",
    )?;
    let mut rows = statement.query(params![user_id, totals.from()])?;
    while let Some(row) = rows.next()? {
        totals.add(amount(row, 0)?.unwrap_or_default(), currency(row, 1)?);
    }
    Ok(totals.summary(event_log::newest_seq(connection, user_id)?, epoch::epoch(connection)?))
}

/// Everything that the dashboard shows when it opens.
pub(super) fn snapshot(
    connection: &Connection,
    user_id: String,
    display_name: String,
    now: Timestamp,
) -> Result<Snapshot> {
    let page = page(connection, &user_id, &TransactionQuery::default())?;
    let summary = summary(connection, &user_id, now)?;
    Ok(Snapshot {
        seq: summary.seq,
        epoch: summary.epoch.clone(),
        accounts: accounts::of_user(connection, &user_id)?,
        transactions: page.transactions,
        next_cursor: page.next_cursor,
        summary,
        user_id,
        display_name,
    })
}
