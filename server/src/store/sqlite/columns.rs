//! Columns that hold money.
//!
//! Owns how a decimal text and a currency code are read. Must not know a table.

use rusqlite::Row;
use wire::{Amount, Currency};

use crate::store::{Error, Result};

/// The amount in a column, if any.
pub(super) fn amount(row: &Row<'_>, index: usize) -> Result<Option<Amount>> {
    let text = row.get_ref(index)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    text.map(|text| text.parse().map_err(|_| Error::Corrupt(format!("'{text}' is stored as an amount")))).transpose()
}

/// The currency in a column, if any.
pub(super) fn maybe_currency(row: &Row<'_>, index: usize) -> Result<Option<Currency>> {
    let code = row.get_ref(index)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    code.map(|code| code.parse().map_err(|_| Error::Corrupt(format!("'{code}' is stored as a currency")))).transpose()
}

/// The currency in a column.
pub(super) fn currency(row: &Row<'_>, index: usize) -> Result<Currency> {
    maybe_currency(row, index)?.ok_or_else(|| Error::Corrupt("a currency is missing".to_owned()))
}
