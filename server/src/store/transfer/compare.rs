//! Comparing a table of both databases.
//!
//! Owns that every row of both databases is compared. Must not know how rows are read.

use std::ops::Range;

use futures_util::stream::{BoxStream, StreamExt as _};
use sha2::{Digest as _, Sha256};

use super::difference::{Difference, TransferError};
use super::reading::Reading;
use super::row;
use super::tables::Table;
use crate::store::{self, Error};

/// The rows of the target as they arrive.
pub(super) type Target<'a> = BoxStream<'a, store::Result<Vec<u8>>>;

/// A table's contents that both databases agree on.
pub(super) struct Same {
    pub(super) rows: u64,
    /// SHA-256 of the rows in the order of their keys, each in the binary format of PostgreSQL's `COPY`.
    pub(super) digest: [u8; 32],
}

/// Compares a table row by row. `compared` is called with the number of rows of each chunk.
pub(super) async fn compare(
    table: &'static Table,
    mut source: Reading,
    mut target: Target<'_>,
    mut compared: impl FnMut(u64),
) -> Result<Same, TransferError> {
    let (mut of_source, mut of_target) = (Rows::default(), Rows::after_header());
    let mut same = (0, Sha256::new());
    loop {
        let one = loop {
            match of_source.next() {
                Some(row) => break Some(row),
                None => match source.next().await? {
                    Some(chunk) => {
                        compared(chunk.rows);
                        of_source.add(&chunk.bytes);
                    }
                    None => break None,
                },
            }
        };
        let other = loop {
            match of_target.next() {
                Some(row) => break Some(row),
                None => match target.next().await {
                    Some(bytes) => of_target.add(&bytes?),
                    None => break None,
                },
            }
        };
        let (one, other) = (one.map(|row| of_source.get(row)), other.map(|row| of_target.get(row)));
        match (one, other) {
            (Some(one), Some(other)) if one == other => {
                same.0 += 1;
                same.1.update(one);
            }
            (None, None) => break,
            (one, other) => return Err(TransferError::Differs(Difference::of(table, one, other))),
        }
    }
    if of_target.left() != row::TRAILER {
        return Err(Error::Unavailable(format!("{} was not read to its end", table.name)).into());
    }
    Ok(Same { rows: same.0, digest: same.1.finalize().into() })
}

/// Splits a stream of bytes into rows.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    at: usize,
    /// The number of bytes before the first row.
    header: usize,
}

impl Rows {
    fn after_header() -> Self {
        Self { header: row::HEADER.len(), ..Self::default() }
    }

    /// Takes the next row if it is complete.
    fn next(&mut self) -> Option<Range<usize>> {
        if self.header > 0 {
            self.bytes.get(..self.header)?;
            self.at = std::mem::take(&mut self.header);
        }
        let begin = self.at;
        self.at += row::length(&self.bytes[begin..])?;
        Some(begin..self.at)
    }

    fn get(&self, row: Range<usize>) -> &[u8] {
        &self.bytes[row]
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..std::mem::take(&mut self.at));
        self.bytes.extend_from_slice(bytes);
    }

    fn left(&self) -> &[u8] {
        &self.bytes[self.at..]
    }
}
