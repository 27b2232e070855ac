//! Snapshots and older pages over HTTP.
//!
//! Owns how far back a snapshot is loaded. Must not decide when.

use wire::api::{Snapshot, TransactionQuery, TransactionsPage};

use crate::api::{load_snapshot, load_transactions};
use crate::error::AppError;
use crate::timeout::with_timeout;

/// How many transactions an older page has.
const PAGE: u32 = 50;
const LARGEST_PAGE: usize = 500;

/// A snapshot that does not reach as far back as the list.
pub(super) struct Short {
    pub(super) snapshot: Snapshot,
    pub(super) lacking: usize,
}

/// Loads a snapshot, and older pages until `take` accepts it: until it reaches as far back as the list, so that rows do
/// not disappear during a reload while they are read.
pub(super) async fn snapshot_for(take: impl Fn(Snapshot) -> Result<(), Box<Short>>) -> Result<(), AppError> {
    let mut snapshot = with_timeout(load_snapshot()).await?;
    while let Err(short) = take(snapshot) {
        let lacking;
        Short { snapshot, lacking } = *short;
        let limit = u32::try_from(lacking.min(LARGEST_PAGE)).unwrap_or(PAGE);
        let page = page(snapshot.next_cursor.clone(), limit).await?;
        // An empty page is the last one, whatever its cursor says.
        snapshot.next_cursor = page.next_cursor.filter(|_| !page.transactions.is_empty());
        snapshot.transactions.extend(page.transactions);
    }
    Ok(())
}

/// Loads the page that begins at a cursor.
pub(super) async fn older_page(cursor: String) -> Result<TransactionsPage, AppError> {
    page(Some(cursor), PAGE).await
}

async fn page(before: Option<String>, limit: u32) -> Result<TransactionsPage, AppError> {
    let query = TransactionQuery { before, limit: Some(limit), ..TransactionQuery::default() };
    with_timeout(load_transactions(query)).await
}
