//! The copy of a store from SQLite to PostgreSQL.
//!
//! Owns that the target afterwards holds the same data as the source, or nothing. Must not change the source, and must not
//! know how either database is read or written (`sqlite/export.rs`, `postgres/import.rs`).

mod compare;
mod difference;
mod reading;
pub(in crate::store) mod row;
mod run;
pub(in crate::store) mod tables;

pub use difference::{Difference, TransferError};
pub use run::{Progress, Step, TableReport, compare, migrate};
pub use tables::NOT_COPIED;

#[cfg(test)]
mod tests;
