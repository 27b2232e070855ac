//! A copy from start to end.
//!
//! Owns the order of the steps: nothing is committed before both databases have been found to hold the same data. Must not
//! know a column.

use std::path::Path;

use tokio::sync::watch;

use super::compare::{self as comparison, Same};
use super::difference::{Difference, TransferError};
use super::reading::Source;
use super::tables::{TABLES, Table};
use crate::store::postgres::import::Import;

/// The current step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// The databases are opened and locked, and rows are counted.
    #[default]
    Opening,
    /// Rows are copied.
    Copying,
    /// Indexes and foreign keys are created.
    Indexing,
    /// Rows of both databases are compared.
    Verifying,
}

/// The progress of a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// The table, if the step works on one.
    pub table: &'static str,
    /// The number of rows done in this step.
    pub rows: u64,
    /// The total number of rows.
    pub total: u64,
}

/// A table whose rows are the same in both databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    /// Its name.
    pub name: &'static str,
    /// The number of its rows.
    pub rows: u64,
    /// SHA-256 of the rows.
    pub digest: [u8; 32],
}

/// Copies an SQLite file into an empty PostgreSQL database, compares both, and commits. If anything fails, the PostgreSQL
/// database stays empty.
pub async fn migrate(
    source: &Path,
    target: &str,
    progress: &watch::Sender<Progress>,
) -> Result<Vec<TableReport>, TransferError> {
    let source = Source::open(source).await?;
    let mut target = Import::begin(target).await?;
    let total = count(&source).await?;
    progress.send_replace(Progress { step: Step::Copying, total, ..Progress::default() });
    for table in TABLES {
        progress.send_modify(|progress| progress.table = table.name);
        let mut rows = source.read(table);
        target
            .write(table, async || {
                let chunk = rows.next().await?;
                progress.send_modify(|progress| progress.rows += chunk.as_ref().map_or(0, |chunk| chunk.rows));
                Ok(chunk.map(|chunk| chunk.bytes))
            })
            .await?;
    }
    progress.send_replace(Progress { step: Step::Indexing, rows: total, total, ..Progress::default() });
    target.complete().await?;
    let tables = verify(&source, &mut target, total, progress).await?;
    target.commit().await?;
    Ok(tables)
}

/// Compares an SQLite file with a PostgreSQL database and changes neither.
pub async fn compare(
    source: &Path,
    target: &str,
    progress: &watch::Sender<Progress>,
) -> Result<Vec<TableReport>, TransferError> {
    let source = Source::open(source).await?;
    let mut target = Import::read_only(target).await?;
    let total = count(&source).await?;
    verify(&source, &mut target, total, progress).await
}

async fn count(source: &Source) -> Result<u64, TransferError> {
    let mut total = 0;
    for table in TABLES {
        total += source.count(table).await?;
    }
    Ok(total)
}

async fn verify(
    source: &Source,
    target: &mut Import,
    total: u64,
    progress: &watch::Sender<Progress>,
) -> Result<Vec<TableReport>, TransferError> {
    progress.send_replace(Progress { step: Step::Verifying, total, ..Progress::default() });
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        progress.send_modify(|progress| progress.table = table.name);
        let compared = |rows| progress.send_modify(|progress| progress.rows += rows);
        let Same { rows, digest } =
            comparison::compare(table, source.read(table), target.read(table).await?, compared).await?;
        check_next_id(target, table).await?;
        tables.push(TableReport { name: table.name, rows, digest });
    }
    Ok(tables)
}

async fn check_next_id(target: &mut Import, table: &Table) -> Result<(), TransferError> {
    if !table.is_numbered() || target.numbers_on(table).await? {
        return Ok(());
    }
    let detail = "the id of the next row is already in use".to_owned();
    Err(TransferError::Differs(Difference { table: table.name, detail }))
}
