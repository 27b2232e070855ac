//! Why a copy failed.
//!
//! Owns how a difference is described: by table, key and column, without the values, which are personal data. Must not look
//! for a difference.

use super::row;
use super::tables::{Kind, Table};
use crate::store::Error;

/// Why a copy failed or differs.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of the databases failed or refused.
    #[error(transparent)]
    Store(#[from] Error),
    /// The databases differ.
    #[error("the databases differ: {0}")]
    Differs(Difference),
}

/// The first difference of a table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}: {detail}")]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// One clause.
    pub detail: String,
}

impl Difference {
    /// The difference between two rows at the same position in key order, one of which may be missing.
    pub(super) fn of(table: &Table, source: Option<&[u8]>, target: Option<&[u8]>) -> Self {
        let name = table.name;
        let detail = match (source, target) {
            (Some(source), Some(target)) => Self::of_rows(table, source, target),
            (Some(source), None) => format!("the target lacks {}", key(table, source)),
            (None, Some(target)) => format!("the source has no {}", key(table, target)),
            (None, None) => "the end of the rows".to_owned(),
        };
        Self { table: name, detail }
    }

    fn of_rows(table: &Table, source: &[u8], target: &[u8]) -> String {
        let (of_source, of_target) = (row::values(source), row::values(target));
        if of_source[..table.key] != of_target[..table.key] {
            return format!("the source has {} where the target has {}", key(table, source), key(table, target));
        }
        let columns = table.columns.iter().zip(of_source.iter().zip(&of_target));
        let different: Vec<_> = columns.filter(|(_, (one, other))| one != other).map(|((name, _), _)| *name).collect();
        format!("{} differs in {}", key(table, source), different.join(", "))
    }
}

/// A row's key for display: `row (id 7)`.
fn key(table: &Table, row: &[u8]) -> String {
    let values = row::values(row);
    let columns = table.columns[..table.key].iter().zip(values);
    let parts: Vec<_> = columns.map(|((name, kind), value)| format!("{name} {}", told(*kind, value))).collect();
    format!("row ({})", parts.join(", "))
}

fn told(kind: Kind, value: Option<&[u8]>) -> String {
    let Some(value) = value else { return "NULL".to_owned() };
    match (kind, value.first_chunk()) {
        (Kind::Int, Some(bytes)) => i64::from_be_bytes(*bytes).to_string(),
        (Kind::Text, _) => format!("{:?}", String::from_utf8_lossy(value)),
        // A prefix is enough to find the row, and the value may be the hash of a secret.
        _ => format!("{}…", hex::encode(&value[..value.len().min(4)])),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;

    fn event(owner: i64, seq: i64, payload: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        row::begin(&mut bytes, 5);
        for number in [owner, seq, 0, 0] {
            row::push(&mut bytes, Some(&number.to_be_bytes()));
        }
        row::push(&mut bytes, Some(payload.as_bytes()));
        bytes
    }

    #[test]
    fn a_difference_names_the_row_and_its_columns_and_no_value() {
        let events = TABLES.iter().find(|table| table.name == "events").expect("a table");
        let told = |source: Option<&[u8]>, target: Option<&[u8]>| Difference::of(events, source, target).to_string();
        let (one, other) = (event(1, 7, "tea"), event(1, 7, "coffee"));
        assert_eq!(told(Some(&one), Some(&other)), "events: row (owner 1, seq 7) differs in payload");
        assert_eq!(told(Some(&one), None), "events: the target lacks row (owner 1, seq 7)");
        assert_eq!(told(None, Some(&one)), "events: the source has no row (owner 1, seq 7)");
        let next = event(1, 8, "tea");
        let expected = "events: the source has row (owner 1, seq 7) where the target has row (owner 1, seq 8)";
        assert_eq!(told(Some(&one), Some(&next)), expected);
    }
}
