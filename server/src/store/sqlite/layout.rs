//! The migration from the layout with text keys to the one with short keys.
//!
//! Owns copying every row, in the database transaction that creates the new schema: an interrupted start has changed
//! nothing. Must not be called for anything but that migration.

use std::collections::HashMap;

use jiff::Timestamp;
use ledger::{Dirty, Recency, StoredTransaction};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use wire::{EventName, Transaction};

use super::{epoch, event_log, hash, owners, row};
use crate::store::rows::{Owner, Place};
use crate::store::{Error, Result};

/// The revision of transactions that were deleted before revisions of deletions were stored: higher than that of any
/// transaction, so that no idempotency key is used twice.
const USED_UP: u32 = 1_000_000;

/// The number of rows between two progress messages in the log.
const REPORT_EVERY: u64 = 100_000;

/// Copies everything.
pub(super) fn migrate(database: &rusqlite::Transaction<'_>) -> Result<()> {
    database.execute_batch(include_str!("../../../migrations/sqlite/0012_layout.sql"))?;
    epoch::begin_epoch(database)?;
    add_functions(database)?;
    let total: u64 = database.query_row("SELECT count(*) FROM old_transactions", [], |row| row.get(0))?;
    if total > 0 {
        tracing::info!(transactions = total, "the database is migrated to a new layout; this happens once");
    }
    let mut copy = Copy { database, connections: HashMap::new(), accounts: HashMap::new() };
    copy.owners()?;
    copy.connections()?;
    copy.accounts()?;
    copy.transactions(total)?;
    copy.tombstones()?;
    copy.events()?;
    copy.deliveries()?;
    database.execute_batch(include_str!("../../../migrations/sqlite/0012_indexes.sql"))?;
    if total > 0 {
        tracing::info!(transactions = total, "the database has the new layout");
    }
    Ok(())
}

fn add_functions(database: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    database.create_scalar_function("delivery_hash", 2, flags, |texts| {
        Ok(hash::of_delivery(&texts.get::<String>(0)?, &texts.get::<String>(1)?))
    })?;
    database.create_scalar_function("event_code", 1, flags, |texts| {
        let name = texts.get::<String>(0)?;
        let code = EventName::ALL.iter().position(|event| event.as_str() == name);
        code.and_then(|code| i64::try_from(code).ok())
            .ok_or_else(|| rusqlite::Error::UserFunctionError(format!("'{name}' is stored as an event").into()))
    })?;
    Ok(())
}

/// The key of a former connection: connector, connection, user.
type OldConnection = (String, String, String);

struct Copy<'a> {
    database: &'a Connection,
    connections: HashMap<OldConnection, i64>,
    accounts: HashMap<(i64, String), i64>,
}

impl Copy<'_> {
    fn owners(&self) -> Result<()> {
        self.database.execute_batch(
            "INSERT INTO owners (user_id, seq)
                 SELECT user_id, seq FROM feeds UNION ALL
                 SELECT DISTINCT user_id, 0 FROM (SELECT user_id FROM old_connections UNION ALL
                     SELECT user_id FROM old_transactions UNION ALL SELECT user_id FROM old_tombstones)
                 WHERE user_id NOT IN (SELECT user_id FROM feeds)",
        )?;
        Ok(())
    }

    fn connections(&mut self) -> Result<()> {
        self.database.execute_batch(
            "INSERT INTO connections (connector_id, connection_id, owner, external_user_id, institution_name, status,
                 status_arrival, created_at)
             SELECT c.connector_id, c.connection_id, o.id, c.external_user_id, c.institution_name, c.status, 0,
                 c.created_at
             FROM old_connections c JOIN owners o USING (user_id) ORDER BY c.created_at, c.connection_id",
        )?;
        let mut statement = self.database.prepare(
            "SELECT c.connector_id, c.connection_id, o.user_id, c.id FROM connections c JOIN owners o ON o.id = c.owner",
        )?;
        let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?)))?;
        self.connections = rows.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn accounts(&mut self) -> Result<()> {
        self.database.execute_batch(
            "INSERT INTO accounts (connection, owner, account_id, name, last_digits, kind, currency, balance, available,
                 arrival, updated_at)
             SELECT c.id, c.owner, a.account_id, a.name, a.last_digits, a.kind, a.currency, a.balance, a.available, 0,
                 a.updated_at
             FROM old_accounts a JOIN connections c USING (connector_id, connection_id)",
        )?;
        let mut statement = self.database.prepare("SELECT connection, account_id, id FROM accounts")?;
        let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        self.accounts = rows.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn transactions(&mut self, total: u64) -> Result<()> {
        let mut copied = 0;
        let mut statement =
            self.database.prepare("SELECT id, body, changed_seq, user_id FROM old_transactions ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.transaction(row)?;
            copied += 1;
            if copied % REPORT_EVERY == 0 {
                tracing::info!(copied, total, "transactions are copied to the new layout");
            }
        }
        Ok(())
    }

    fn transaction(&mut self, old: &Row<'_>) -> Result<()> {
        let id: i64 = old.get(0)?;
        let body: String = old.get(1)?;
        let transaction: Transaction = serde_json::from_str(&body)
            .map_err(|error| Error::Corrupt(format!("transaction {id} cannot be read: {error}")))?;
        let Transaction { connector_id, connection_id, account_id, .. } = &transaction;
        let owner = owners::ensure(self.database, &old.get::<_, String>(3)?)?;
        let connection = self.connection(connector_id, connection_id, &owner)?;
        let account = self.account(connection, owner.id, account_id, Some(transaction.currency.code()))?;
        let place = Place { owner: owner.id, account, source: owners::source(self.database, &transaction)? };
        let recency = Recency { version: None, arrival: 0 };
        let stored = StoredTransaction { transaction, recency, changed_seq: old.get(2)?, dirty: Dirty::New };
        row::write(self.database, Some(id), place, &stored)?;
        Ok(())
    }

    /// A user's connection; if it is no longer registered, creates it as a removed one.
    fn connection(&mut self, connector_id: &str, connection_id: &str, owner: &Owner) -> Result<i64> {
        let key = (connector_id.to_owned(), connection_id.to_owned(), owner.user_id.clone());
        if let Some(id) = self.connections.get(&key) {
            return Ok(*id);
        }
        let removed_at: Option<i64> = self
            .database
            .prepare_cached(
                "SELECT deleted_at FROM deleted_connections WHERE connector_id = ?1 AND connection_id = ?2",
            )?
            .query_row([connector_id, connection_id], |row| row.get(0))
            .optional()?;
        let removed_at = removed_at.unwrap_or_else(|| Timestamp::now().as_millisecond());
        self.database
            .prepare_cached(
                "INSERT INTO connections (connector_id, connection_id, owner, status, status_arrival, created_at, removed_at)
                 VALUES (?1, ?2, ?3, 'deleted', 0, ?4, ?4)",
            )?
            .execute(params![connector_id, connection_id, owner.id, removed_at])?;
        let id = self.database.last_insert_rowid();
        self.connections.insert(key, id);
        Ok(id)
    }

    fn account(&mut self, connection: i64, owner: i64, account_id: &str, currency: Option<&str>) -> Result<i64> {
        let key = (connection, account_id.to_owned());
        if let Some(id) = self.accounts.get(&key) {
            return Ok(*id);
        }
        self.database
            .prepare_cached(
                "INSERT INTO accounts (connection, owner, account_id, currency, arrival, updated_at)
                 SELECT id, ?2, ?3, ?4, 0, coalesce(removed_at, created_at) FROM connections WHERE id = ?1",
            )?
            .execute(params![connection, owner, account_id, currency])?;
        let id = self.database.last_insert_rowid();
        self.accounts.insert(key, id);
        Ok(id)
    }

    fn tombstones(&mut self) -> Result<()> {
        let mut statement = self.database.prepare(
            "SELECT connector_id, connection_id, account_id, transaction_id, user_id, deleted_at FROM old_tombstones",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (connector_id, connection_id): (String, String) = (row.get(0)?, row.get(1)?);
            let (account_id, transaction_id): (String, String) = (row.get(2)?, row.get(3)?);
            let owner = owners::ensure(self.database, &row.get::<_, String>(4)?)?;
            let connection = self.connection(&connector_id, &connection_id, &owner)?;
            let account = self.account(connection, owner.id, &account_id, None)?;
            self.database
                .prepare_cached(
                    "INSERT INTO tombstones (account, key_hash, transaction_id, revision, arrival, deleted_at)
                     VALUES (?1, ?2, ?3, ?5, 0, ?4)",
                )?
                .execute(params![account, hash::of(&transaction_id), transaction_id, row.get::<_, i64>(5)?, USED_UP])?;
        }
        Ok(())
    }

    fn events(&self) -> Result<()> {
        self.database
            .prepare(
                "INSERT INTO events (key, name, at, payload)
                 SELECT (o.id << ?1) + e.seq, event_code(e.name), e.created_at, e.payload
                 FROM owners o JOIN old_events e USING (user_id) ORDER BY o.id, e.seq",
            )?
            .execute([event_log::SEQ_BITS])?;
        // Links the events of transactions' newest revisions to their rows: `GET /api/transactions?since` finds rows by
        // them.
        self.database
            .prepare("UPDATE events SET subject = t.id FROM transactions t WHERE events.key = (t.owner << ?1) + t.changed_seq")?
            .execute([event_log::SEQ_BITS])?;
        Ok(())
    }

    fn deliveries(&self) -> Result<()> {
        self.database.execute_batch(
            "INSERT INTO deliveries (id, connector_id, key_hash, delivery_key, connection_id, received_at, headers, body,
                 status, reason, latency_us)
             SELECT id, connector_id, delivery_hash(connector_id, delivery_key), delivery_key, connection_id,
                 received_at, headers, body,
                 CASE verdict WHEN 'processed' THEN 0 WHEN 'refused' THEN 3
                     ELSE iif(connection_id IS NULL, 2, 1) END,
                 reason, latency_us
             FROM old_deliveries ORDER BY id",
        )?;
        Ok(())
    }
}
