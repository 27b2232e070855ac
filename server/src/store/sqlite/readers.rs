//! The connections that read.
//!
//! Owns a small pool of them; WAL lets them read beside the writer. Must not know what is read.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::store::{Error, Result};

/// Reads are short and the machine's cores few: more connections would only hold more cache.
const POOL: usize = 4;

pub(super) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let connections = (0..POOL).map(|_| super::open_reader(path)).collect::<Result<Vec<_>>>()?;
        Ok(Self { free: Arc::new(Mutex::new(connections)), permits: Arc::new(Semaphore::new(POOL)) })
    }

    /// Runs `query` on a connection of the pool, off the runtime's own threads, within one read
    /// transaction: everything it sees is of one moment.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let closed = || Error::Unavailable("it is closing".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let free = Arc::clone(&self.free);
        let work = move || {
            let _permit = permit;
            let mut connection = free.lock().pop().ok_or_else(closed)?;
            let result = connection.transaction().map_err(Error::from).and_then(|moment| query(&moment));
            free.lock().push(connection);
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Unavailable(error.to_string()))?
    }
}
