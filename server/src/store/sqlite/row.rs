//! The row of a transaction.
//!
//! Owns which column holds which member, in both directions. Must not decide what is written.

use jiff::Timestamp;
use ledger::{Recency, StoredTransaction};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::rank::rank;
use wire::time::unix_millis;
use wire::{Amount, DatePrecision, PrimaryType, Transaction, TransactionStatus};

use super::columns::{amount, currency};
use super::{hash, search};
use crate::clock;
use crate::store::{Error, Result};

/// What [`read`] reads. A literal, so that statements are put together by the compiler.
macro_rules! columns {
    () => {
        "t.id, t.transaction_id, a.account_id, \
         coalesce(iif(t.changed_seq <= a.moved_since, a.moved_from, NULL), c.connection_id), \
         s.source, s.connector_id, s.connector_type, t.date_ms, t.is_day, t.first_seen_ms, t.amount, t.currency, \
         t.primary_type, t.status, t.description, t.details, t.revision, t.changed_seq, t.version, t.arrival"
    };
}
pub(super) use columns;

/// The tables that a transaction is spread over.
macro_rules! tables {
    () => {
        "transactions t JOIN accounts a ON a.id = t.account JOIN connections c ON c.id = a.connection \
         JOIN sources s ON s.id = t.source"
    };
}
pub(super) use tables;

/// Transactions, for [`read`].
macro_rules! select_transaction {
    () => {
        concat!("SELECT ", columns!(), " FROM ", tables!())
    };
}
pub(super) use select_transaction;

/// A transaction with what the store knows it by.
pub(super) struct TransactionRow {
    pub(super) id: i64,
    pub(super) stored: StoredTransaction,
}

/// The members that few transactions have, or that nothing is looked up by.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    /// The date as it was written, where the columns would write it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_url: Option<String>,
}

/// Reads [`columns`] of one of a user's transactions.
pub(super) fn read(row: &Row<'_>, user_id: &str) -> Result<TransactionRow> {
    let details: Option<&str> = row.get_ref(15)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let details: Details = details.map(serde_json::from_str).transpose()?.unwrap_or_default();
    let date_ms: i64 = row.get(7)?;
    let transaction = Transaction {
        transaction_id: row.get(1)?,
        provider_transaction_id: details.provider_transaction_id,
        account_id: row.get(2)?,
        user_id: user_id.to_owned(),
        connection_id: row.get(3)?,
        amount: amount(row, 10)?.unwrap_or_default(),
        currency: currency(row, 11)?,
        date: details.date.unwrap_or_else(|| written(date_ms)),
        date_precision: Some(if row.get(8)? { DatePrecision::Day } else { DatePrecision::Instant }),
        primary_type: primary_type(row.get(12)?)?,
        secondary_type: details.secondary_type,
        description: row.get(14)?,
        original_description: details.original_description,
        merchant: details.merchant,
        reference: details.reference,
        location: details.location,
        balance: details.balance,
        metadata: details.metadata,
        source: row.get(4)?,
        connector_id: row.get(5)?,
        connector_type: row.get(6)?,
        category_hint: details.category_hint,
        tags: details.tags,
        receipt_url: details.receipt_url,
        document_url: details.document_url,
        status: row.get::<_, Option<i64>>(13)?.map(status).transpose()?,
        first_seen_at: row.get::<_, Option<i64>>(9)?.map(clock::rfc3339_of_millis),
        revision: row.get(16)?,
    };
    let recency = Recency { version: row.get(18)?, arrival: row.get(19)? };
    let stored = StoredTransaction { transaction, recency, changed_seq: row.get(17)?, dirty: ledger::Dirty::No };
    Ok(TransactionRow { id: row.get(0)?, stored })
}

/// One of a user's transactions by its number.
pub(super) fn get(database: &Connection, id: i64, user_id: &str) -> Result<TransactionRow> {
    let mut statement = database.prepare_cached(concat!(select_transaction!(), " WHERE t.id = ?1"))?;
    let row = statement.query_and_then([id], |row| read(row, user_id))?.next();
    row.ok_or_else(|| Error::Corrupt(format!("there is no transaction {id}")))?
}

/// Finds one of a user's transactions in an account by an id of the provider's: the first, or the newest.
pub(super) fn find(
    database: &Connection,
    account: i64,
    provider_id: &str,
    user_id: &str,
) -> Result<Option<TransactionRow>> {
    let hash = hash::of(provider_id);
    let mut statement = database.prepare_cached(concat!(
        select_transaction!(),
        " WHERE t.account = ?1 AND t.key_hash = ?2 AND t.transaction_id = ?3"
    ))?;
    let lookup = params![account, hash, provider_id];
    if let Some(row) = statement.query_and_then(lookup, |row| read(row, user_id))?.next() {
        return row.map(Some);
    }
    let sql = concat!(select_transaction!(), " WHERE t.account = ?1 AND t.provider_hash = ?2");
    let mut statement = database.prepare_cached(sql)?;
    for row in statement.query_and_then(params![account, hash], |row| read(row, user_id))? {
        let row = row?;
        if row.stored.provider_id() == provider_id {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Where a transaction's row belongs.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) owner: i64,
    pub(super) account: i64,
    pub(super) source: i64,
}

/// Notes the provider's newest id of a transaction, where that is not the first, so that it is found by it.
pub(super) fn set_provider_id(database: &Connection, id: i64, provider_id: Option<&str>) -> Result<()> {
    database
        .prepare_cached("UPDATE transactions SET provider_hash = ?2 WHERE id = ?1 AND provider_hash IS NOT ?2")?
        .execute(params![id, provider_id.map(hash::of)])?;
    Ok(())
}

/// Writes a row but for [`set_provider_id`], a new one where it has no id yet; its id. The layout of version 12 is filled
/// with it as well: it may write nothing that came with a later one.
pub(super) fn write(database: &Connection, id: Option<i64>, place: Place, stored: &StoredTransaction) -> Result<i64> {
    let transaction = &stored.transaction;
    let unreadable = || Error::Corrupt(format!("a transaction is dated '{}'", transaction.date));
    let (rank_ms, date_ms) = rank(transaction, 0).zip(unix_millis(&transaction.date)).ok_or_else(unreadable)?;
    database
        .prepare_cached(
            "INSERT INTO transactions (id, account, owner, key_hash, transaction_id, source, rank_ms, date_ms, is_day,
                 first_seen_ms, amount, currency, primary_type, status, description, details, search, revision,
                 changed_seq, version, arrival)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
             ON CONFLICT (id) DO UPDATE SET account = excluded.account, source = excluded.source,
                 rank_ms = excluded.rank_ms, date_ms = excluded.date_ms, is_day = excluded.is_day,
                 first_seen_ms = excluded.first_seen_ms, amount = excluded.amount, currency = excluded.currency, primary_type = excluded.primary_type,
                 status = excluded.status, description = excluded.description, details = excluded.details,
                 search = excluded.search, revision = excluded.revision, changed_seq = excluded.changed_seq,
                 version = excluded.version, arrival = excluded.arrival",
        )?
        .execute(params![
            id,
            place.account,
            place.owner,
            hash::of(&transaction.transaction_id),
            transaction.transaction_id,
            place.source,
            rank_ms,
            date_ms,
            transaction.precision() == DatePrecision::Day,
            transaction.first_seen_at.as_deref().and_then(unix_millis),
            transaction.amount.to_string(),
            transaction.currency.code(),
            type_code(transaction.primary_type),
            transaction.status.map(status_code),
            transaction.description,
            details(transaction, date_ms)?,
            search::text(
                Some(&transaction.description),
                transaction.merchant.as_deref(),
                transaction.reference.as_deref()
            ),
            transaction.revision,
            stored.changed_seq,
            stored.recency.version,
            stored.recency.arrival,
        ])?;
    Ok(id.unwrap_or_else(|| database.last_insert_rowid()))
}

fn details(transaction: &Transaction, date_ms: i64) -> Result<Option<String>> {
    let details = Details {
        date: (written(date_ms) != transaction.date).then(|| transaction.date.clone()),
        provider_transaction_id: transaction.provider_transaction_id.clone(),
        secondary_type: transaction.secondary_type.clone(),
        original_description: transaction.original_description.clone(),
        merchant: transaction.merchant.clone(),
        reference: transaction.reference.clone(),
        location: transaction.location.clone(),
        balance: transaction.balance,
        metadata: transaction.metadata.clone(),
        category_hint: transaction.category_hint.clone(),
        tags: transaction.tags.clone(),
        receipt_url: transaction.receipt_url.clone(),
        document_url: transaction.document_url.clone(),
    };
    Ok(Some(serde_json::to_string(&details)?).filter(|json| json != "{}"))
}

/// A date as connectors write it: with milliseconds where there are any.
fn written(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN);
    if millis % 1000 == 0 { format!("{at:.0}") } else { format!("{at:.3}") }
}

/// The number that stands for a direction.
pub(super) fn type_code(primary_type: PrimaryType) -> i64 {
    match primary_type {
        PrimaryType::Expense => 0,
        PrimaryType::Income => 1,
        PrimaryType::Transfer => 2,
    }
}

fn primary_type(code: i64) -> Result<PrimaryType> {
    let known = [PrimaryType::Expense, PrimaryType::Income, PrimaryType::Transfer];
    known
        .into_iter()
        .find(|it| type_code(*it) == code)
        .ok_or_else(|| Error::Corrupt(format!("{code} stands as a direction")))
}

fn status_code(status: TransactionStatus) -> i64 {
    match status {
        TransactionStatus::Pending => 0,
        TransactionStatus::Posted => 1,
    }
}

fn status(code: i64) -> Result<TransactionStatus> {
    match code {
        0 => Ok(TransactionStatus::Pending),
        1 => Ok(TransactionStatus::Posted),
        _ => Err(Error::Corrupt(format!("{code} stands as a status"))),
    }
}
