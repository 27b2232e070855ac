//! The row of a transaction.
//!
//! Owns what each column holds, in both directions. Must not decide what is written.

use ledger::{Recency, StoredTransaction};
use wire::rank::rank;
use wire::time::unix_millis;
use wire::{DatePrecision, PrimaryType, Transaction, TransactionStatus};

use super::details::{Details, written};
use super::search;
use crate::clock;
use crate::store::{Error, Result};

/// A transaction and the id of its row.
pub(in crate::store) struct TransactionRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) stored: StoredTransaction,
}

/// The rows that a transaction's row refers to.
#[derive(Clone, Copy)]
pub(in crate::store) struct Place {
    pub(in crate::store) owner: i64,
    pub(in crate::store) account: i64,
    pub(in crate::store) source: i64,
}

/// The columns that are read of a transaction.
pub(in crate::store) struct Columns<'a> {
    pub(in crate::store) id: i64,
    pub(in crate::store) transaction_id: String,
    pub(in crate::store) account_id: String,
    pub(in crate::store) connection_id: String,
    pub(in crate::store) source: String,
    pub(in crate::store) connector_id: String,
    pub(in crate::store) connector_type: String,
    pub(in crate::store) date_ms: i64,
    pub(in crate::store) is_day: bool,
    pub(in crate::store) first_seen_ms: Option<i64>,
    pub(in crate::store) amount: &'a str,
    pub(in crate::store) currency: &'a str,
    pub(in crate::store) primary_type: i64,
    pub(in crate::store) status: Option<i64>,
    pub(in crate::store) description: String,
    pub(in crate::store) details: Option<&'a str>,
    pub(in crate::store) revision: u32,
    pub(in crate::store) changed_seq: u64,
    pub(in crate::store) recency: Recency,
}

impl Columns<'_> {
    /// Converts the columns to a transaction of a user.
    pub(in crate::store) fn read(self, user_id: &str) -> Result<TransactionRow> {
        let details = Details::read(self.details)?;
        let amount = self.amount.parse();
        let currency = self.currency.parse();
        let transaction = Transaction {
            transaction_id: self.transaction_id,
            provider_transaction_id: details.provider_transaction_id,
            account_id: self.account_id,
            user_id: user_id.to_owned(),
            connection_id: self.connection_id,
            amount: amount.map_err(|_| Error::Corrupt(format!("'{}' is stored as an amount", self.amount)))?,
            currency: currency.map_err(|_| Error::Corrupt(format!("'{}' is stored as a currency", self.currency)))?,
            date: details.date.unwrap_or_else(|| written(self.date_ms)),
            date_precision: Some(if self.is_day { DatePrecision::Day } else { DatePrecision::Instant }),
            primary_type: primary_type(self.primary_type)?,
            secondary_type: details.secondary_type,
            description: self.description,
            original_description: details.original_description,
            merchant: details.merchant,
            reference: details.reference,
            location: details.location,
            balance: details.balance,
            metadata: details.metadata,
            source: self.source,
            connector_id: self.connector_id,
            connector_type: self.connector_type,
            category_hint: details.category_hint,
            tags: details.tags,
            receipt_url: details.receipt_url,
            document_url: details.document_url,
            status: self.status.map(status).transpose()?,
            first_seen_at: self.first_seen_ms.map(clock::rfc3339_of_millis),
            revision: self.revision,
        };
        let (recency, changed_seq) = (self.recency, self.changed_seq);
        let stored = StoredTransaction { transaction, recency, changed_seq, dirty: ledger::Dirty::No };
        Ok(TransactionRow { id: self.id, stored })
    }
}

/// The columns of a transaction whose values differ from its members.
pub(in crate::store) struct Written {
    pub(in crate::store) rank_ms: i64,
    pub(in crate::store) date_ms: i64,
    pub(in crate::store) is_day: bool,
    pub(in crate::store) first_seen_ms: Option<i64>,
    pub(in crate::store) amount: String,
    pub(in crate::store) primary_type: i64,
    pub(in crate::store) status: Option<i64>,
    pub(in crate::store) details: Option<String>,
    pub(in crate::store) search: String,
}

impl Written {
    /// Converts a transaction's members to columns.
    pub(in crate::store) fn of(transaction: &Transaction) -> Result<Self> {
        let unreadable = || Error::Corrupt(format!("a transaction has the invalid date '{}'", transaction.date));
        let (rank_ms, date_ms) = rank(transaction, 0).zip(unix_millis(&transaction.date)).ok_or_else(unreadable)?;
        Ok(Self {
            rank_ms,
            date_ms,
            is_day: transaction.precision() == DatePrecision::Day,
            first_seen_ms: transaction.first_seen_at.as_deref().and_then(unix_millis),
            amount: transaction.amount.to_string(),
            primary_type: type_code(transaction.primary_type),
            status: transaction.status.map(status_code),
            details: Details::of(transaction, date_ms)?,
            search: search::text(
                Some(&transaction.description),
                transaction.merchant.as_deref(),
                transaction.reference.as_deref(),
            ),
        })
    }
}

/// The stored number of a direction.
pub(in crate::store) fn type_code(primary_type: PrimaryType) -> i64 {
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
        .ok_or_else(|| Error::Corrupt(format!("{code} is stored as a direction")))
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
        _ => Err(Error::Corrupt(format!("{code} is stored as a status"))),
    }
}
