//! Columns that hold money.
//!
//! Owns how a decimal text and a currency code are read. Must not know a table.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use wire::{Amount, Currency};

use crate::store::{Error, Result};

/// The amount in a column, if any.
pub(super) fn amount(row: &PgRow, index: usize) -> Result<Option<Amount>> {
    let text: Option<&str> = row.try_get(index)?;
    text.map(|text| text.parse().map_err(|_| Error::Corrupt(format!("'{text}' is stored as an amount")))).transpose()
}

/// The currency in a column, if any.
pub(super) fn maybe_currency(row: &PgRow, index: usize) -> Result<Option<Currency>> {
    let code: Option<&str> = row.try_get(index)?;
    code.map(|code| code.parse().map_err(|_| Error::Corrupt(format!("'{code}' is stored as a currency")))).transpose()
}

/// The currency in a column.
pub(super) fn currency(row: &PgRow, index: usize) -> Result<Currency> {
    maybe_currency(row, index)?.ok_or_else(|| Error::Corrupt("a currency is missing".to_owned()))
}
