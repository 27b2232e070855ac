//! Changes become rows and events.
//!
//! Owns what is new, what is an update and what is nothing at all. Must not know how a provider
//! said it.

use jiff::Timestamp;
use ledger::{Change, Dated, NewTransaction, Update, When};
use rusqlite::{Connection, OptionalExtension as _, params};
use wire::events::{ConnectionUpdated, TransactionDeleted, TransactionEvent};
use wire::rank::rank;
use wire::{Currency, DatePrecision, EventName, Transaction};

use super::{accounts, feed, outbox, search};
use crate::clock;
use crate::store::{Changed, ConnectorRef, Error, FeedEvent, Result};

/// What the changes are applied in.
pub(super) struct Scope<'a> {
    pub(super) connection: &'a Connection,
    pub(super) events: &'a mut Vec<FeedEvent>,
    pub(super) connector: &'a ConnectorRef,
    pub(super) connection_id: &'a str,
    pub(super) user_id: &'a str,
    /// Whether transactions go to the core app as well.
    pub(super) forward: bool,
    /// When what tells of the changes arrived here.
    pub(super) arrived: Timestamp,
    pub(super) now: Timestamp,
}

/// Which row is the same transaction, as [`Scope::key`] has the values.
const SAME: &str =
    "connector_id = ?1 AND connection_id = ?2 AND account_id = ?3 AND transaction_id = ?4 AND user_id = ?5";

impl Scope<'_> {
    /// What makes a transaction the same one. Its owner is part of it, as a connection can pass to
    /// another user.
    fn key<'a>(&'a self, account_id: &'a str, transaction_id: &'a str) -> [&'a str; 5] {
        [&self.connector.id, self.connection_id, account_id, transaction_id, self.user_id]
    }
}

/// Applies changes in their order.
pub(super) fn apply(scope: &mut Scope<'_>, changes: &[Change]) -> Result<Changed> {
    let mut applied = Changed::default();
    for change in changes {
        match &change.update {
            Update::Transaction(transaction) => match put_transaction(scope, transaction)? {
                Some(EventName::TransactionNew) => applied.new += 1,
                Some(_) => applied.updated += 1,
                None => {}
            },
            Update::TransactionDeleted { transaction_id, account_id } => {
                applied.updated += u32::from(delete_transaction(scope, transaction_id, account_id)?);
            }
            Update::Account(update) => accounts::update(scope, update)?,
            Update::ConnectionStatus(status) => set_status(scope, status)?,
        }
    }
    Ok(applied)
}

/// Stores a transaction; the event that it made, if it made one.
fn put_transaction(scope: &mut Scope<'_>, new: &NewTransaction) -> Result<Option<EventName>> {
    let known: Option<(i64, String)> = scope
        .connection
        .prepare_cached(&format!("SELECT id, body FROM transactions WHERE {SAME}"))?
        .query_row(scope.key(&new.account_id, &new.transaction_id), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if known.is_none() && is_deleted(scope, &new.account_id, &new.transaction_id)? {
        return Ok(None);
    }
    let currency = match new.currency {
        Some(currency) => currency,
        None => accounts::currency(scope, &new.account_id)?.unwrap_or(scope.connector.default_currency),
    };
    accounts::ensure(scope, &new.account_id, currency)?;
    let known =
        known.map(|(id, body)| Ok::<_, Error>((id, serde_json::from_str::<Transaction>(&body)?))).transpose()?;
    let when = when(scope, &new.date, known.as_ref().map(|(_, before)| before));
    let mut transaction = named(scope, new, currency, when);
    transaction.first_seen_at = Some(clock::rfc3339(scope.now));
    let mut name = EventName::TransactionNew;
    let mut row = None;
    if let Some((id, before)) = known {
        if before.same_content(&transaction) {
            return Ok(None);
        }
        transaction.revision = before.revision + 1;
        // Where it stands in a list does not follow from when it was changed.
        transaction.first_seen_at = before.first_seen_at;
        name = EventName::TransactionUpdated;
        row = Some(id);
    }
    let told = transaction.clone();
    let seq = feed::append(scope.connection, scope.events, scope.user_id, scope.now, name, |stamp| {
        TransactionEvent::new(stamp, told, None)
    })?;
    write_row(scope.connection, row, &transaction, seq)?;
    if scope.forward {
        outbox::append(scope.connection, &transaction, scope.now)?;
    }
    Ok(Some(name))
}

/// When a transaction happened: by its own date, else as it stands already, since telling of it again does not move
/// it; else when the event happened, or arrived.
fn when(scope: &Scope<'_>, date: &Dated, before: Option<&Transaction>) -> When {
    match (date, before) {
        (Dated::At(when), _) | (Dated::Reported(when), None) => when.clone(),
        (Dated::Reported(_) | Dated::Unknown, Some(before)) => {
            When { date: before.date.clone(), precision: before.precision() }
        }
        (Dated::Unknown, None) => When { date: clock::rfc3339(scope.arrived), precision: DatePrecision::Instant },
    }
}

/// The transaction with its owner's name on it.
fn named(scope: &Scope<'_>, new: &NewTransaction, currency: Currency, when: When) -> Transaction {
    Transaction {
        transaction_id: new.transaction_id.clone(),
        account_id: new.account_id.clone(),
        user_id: scope.user_id.to_owned(),
        connection_id: scope.connection_id.to_owned(),
        amount: new.amount,
        currency,
        date: when.date,
        date_precision: Some(when.precision),
        primary_type: new.primary_type,
        secondary_type: new.secondary_type.clone(),
        description: new.description.clone(),
        original_description: new.original_description.clone(),
        merchant: new.merchant.clone(),
        reference: new.reference.clone(),
        location: new.location.clone(),
        balance: new.balance,
        metadata: new.metadata.clone(),
        source: scope.connector.source.to_string(),
        connector_id: scope.connector.id.to_string(),
        connector_type: scope.connector.connector_type.to_string(),
        category_hint: new.category_hint.clone(),
        tags: new.tags.clone(),
        receipt_url: new.receipt_url.clone(),
        document_url: new.document_url.clone(),
        status: new.status,
        first_seen_at: None,
        revision: 1,
    }
}

fn write_row(connection: &Connection, row: Option<i64>, transaction: &Transaction, seq: u64) -> Result<()> {
    let date_ms =
        rank(transaction, 0).ok_or_else(|| Error::Corrupt(format!("a transaction is dated '{}'", transaction.date)))?;
    let search =
        search::text(Some(&transaction.description), transaction.merchant.as_deref(), transaction.reference.as_deref());
    connection
        .prepare_cached(
            "INSERT INTO transactions (id, user_id, connector_id, connection_id, account_id, transaction_id,
                 date_ms, is_day, amount, currency, primary_type, search, changed_seq, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (id) DO UPDATE SET date_ms = excluded.date_ms, is_day = excluded.is_day,
                 amount = excluded.amount, currency = excluded.currency, primary_type = excluded.primary_type, search = excluded.search,
                 changed_seq = excluded.changed_seq, body = excluded.body",
        )?
        .execute(params![
            row,
            transaction.user_id,
            transaction.connector_id,
            transaction.connection_id,
            transaction.account_id,
            transaction.transaction_id,
            date_ms,
            transaction.precision() == DatePrecision::Day,
            transaction.amount.to_string(),
            transaction.currency.code(),
            transaction.primary_type.as_str(),
            search,
            seq,
            serde_json::to_string(transaction)?,
        ])?;
    Ok(())
}

fn is_deleted(scope: &Scope<'_>, account_id: &str, transaction_id: &str) -> Result<bool> {
    Ok(scope
        .connection
        .prepare_cached(&format!("SELECT 1 FROM tombstones WHERE {SAME}"))?
        .exists(scope.key(account_id, transaction_id))?)
}

/// Deletes a transaction and keeps in mind that it was; whether there was one.
fn delete_transaction(scope: &mut Scope<'_>, transaction_id: &str, account_id: &str) -> Result<bool> {
    let [connector, connection, account, transaction, user] = scope.key(account_id, transaction_id);
    scope
        .connection
        .prepare_cached(
            "INSERT INTO tombstones (connector_id, connection_id, account_id, transaction_id, user_id, deleted_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![connector, connection, account, transaction, user, scope.now.as_millisecond()])?;
    let deleted = scope
        .connection
        .prepare_cached(&format!("DELETE FROM transactions WHERE {SAME}"))?
        .execute(scope.key(account_id, transaction_id))?;
    if deleted == 0 {
        return Ok(false);
    }
    let (connector_id, connection_id) = (scope.connector.id.to_string(), scope.connection_id.to_owned());
    feed::append(scope.connection, scope.events, scope.user_id, scope.now, EventName::TransactionDeleted, |stamp| {
        TransactionDeleted::new(stamp, transaction_id.to_owned(), connector_id, connection_id, account_id.to_owned())
    })?;
    Ok(true)
}

/// Sets the connection's own state and tells of it where it changed.
pub(super) fn set_status(scope: &mut Scope<'_>, status: &str) -> Result<()> {
    let changed = scope
        .connection
        .prepare_cached(
            "UPDATE connections SET status = ?3 WHERE connector_id = ?1 AND connection_id = ?2 AND status <> ?3",
        )?
        .execute(params![scope.connector.id, scope.connection_id, status])?;
    if changed > 0 {
        tell_status(scope, status)?;
    }
    Ok(())
}

/// Tells the owner of the connection's state.
pub(super) fn tell_status(scope: &mut Scope<'_>, status: &str) -> Result<()> {
    let (connector_id, connection_id) = (scope.connector.id.to_string(), scope.connection_id.to_owned());
    feed::append(scope.connection, scope.events, scope.user_id, scope.now, EventName::ConnectionUpdated, |stamp| {
        ConnectionUpdated::new(stamp, connection_id, connector_id, status.to_owned())
    })?;
    Ok(())
}
