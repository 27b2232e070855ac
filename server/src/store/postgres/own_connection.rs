//! A dedicated connection for one kind of work.
//!
//! Owns that it is replaced after an error and after cancelled work: a server that no longer answers must not block the
//! next attempt. Must not know what the work is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::sync::{Mutex, MutexGuard};

use crate::store::{Error, Result};

/// If it was idle for longer, it is pinged first: the server may have closed it.
const UNUSED: Duration = Duration::from_secs(2);

pub(super) struct OwnConnection {
    options: PgConnectOptions,
    settings: &'static str,
    kept: Mutex<Option<Kept>>,
    is_closed: AtomicBool,
}

struct Kept {
    connection: PgConnection,
    used: Instant,
}

/// The connection while it is in use. Unless it is given back, it is closed.
pub(super) struct Lent<'a> {
    pub(super) connection: PgConnection,
    home: MutexGuard<'a, Option<Kept>>,
}

impl OwnConnection {
    /// A connection with these settings, made on first use.
    pub(super) fn new(options: PgConnectOptions, settings: &'static str) -> Self {
        Self { options, settings, kept: Mutex::default(), is_closed: AtomicBool::new(false) }
    }

    /// Waits until nobody else uses it.
    pub(super) async fn lend(&self) -> Result<Lent<'_>> {
        let mut home = self.kept.lock().await;
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        if let Some(Kept { mut connection, used }) = home.take()
            && (used.elapsed() < UNUSED || connection.ping().await.is_ok())
        {
            return Ok(Lent { connection, home });
        }
        let mut connection = self.options.connect().await?;
        connection.execute(self.settings).await?;
        Ok(Lent { connection, home })
    }

    /// Closes it permanently.
    pub(super) async fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        *self.kept.lock().await = None;
    }
}

impl Lent<'_> {
    /// Keeps it for the next use.
    pub(super) fn give_back(mut self) {
        *self.home = Some(Kept { connection: self.connection, used: Instant::now() });
    }
}
