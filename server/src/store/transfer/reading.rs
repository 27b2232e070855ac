//! The rows of the source, read concurrently with their processing.
//!
//! Owns the reading thread and the limit of how far it reads ahead. Must not know what is read.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::tables::Table;
use crate::store::sqlite::export::Export;
use crate::store::{Error, Result};

/// The size of a chunk of rows, in bytes.
const CHUNK: usize = 256 * 1024;
/// The maximum number of chunks that the reader is ahead.
const AHEAD: usize = 4;

/// The source of a copy.
pub(super) struct Source(Arc<Mutex<Export>>);

/// Some complete rows.
pub(super) struct Chunk {
    pub(super) rows: u64,
    pub(super) bytes: Vec<u8>,
}

/// A table that is being read. The reader stops when this is dropped.
pub(super) struct Reading {
    chunks: mpsc::Receiver<Chunk>,
    reader: Option<JoinHandle<Result<()>>>,
}

impl Source {
    /// Opens a file, which stays locked.
    pub(super) async fn open(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        let opened = spawn_blocking(move || Export::open(&path)).await.map_err(panicked)?;
        Ok(Self(Arc::new(Mutex::new(opened?))))
    }

    /// How many rows a table has.
    pub(super) async fn count(&self, table: &'static Table) -> Result<u64> {
        let export = Arc::clone(&self.0);
        spawn_blocking(move || export.lock().count(table)).await.map_err(panicked)?
    }

    /// Begins to read a table.
    pub(super) fn read(&self, table: &'static Table) -> Reading {
        let (to, chunks) = mpsc::channel(AHEAD);
        let export = Arc::clone(&self.0);
        let reader = spawn_blocking(move || read(&export.lock(), table, &to));
        Reading { chunks, reader: Some(reader) }
    }
}

impl Reading {
    /// The next rows; nothing after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(chunk) = self.chunks.recv().await {
            return Ok(Some(chunk));
        }
        if let Some(reader) = self.reader.take() {
            reader.await.map_err(panicked)??;
        }
        Ok(None)
    }
}

fn read(export: &Export, table: &Table, to: &mpsc::Sender<Chunk>) -> Result<()> {
    // The receiver of the chunks has failed and reports its own error.
    let closed = |_| Error::Unavailable("the copy has ended".to_owned());
    let mut chunk = Chunk { rows: 0, bytes: Vec::with_capacity(CHUNK) };
    export.read(table, &mut |row| {
        chunk.rows += 1;
        chunk.bytes.extend_from_slice(row);
        if chunk.bytes.len() < CHUNK {
            return Ok(());
        }
        let full = std::mem::replace(&mut chunk, Chunk { rows: 0, bytes: Vec::with_capacity(CHUNK) });
        to.blocking_send(full).map_err(closed)
    })?;
    to.blocking_send(chunk).map_err(closed)
}

/// The error of a thread that ended without returning a result.
fn panicked(error: impl std::fmt::Display) -> Error {
    Error::Unavailable(error.to_string())
}
