//! A connection that one kind of work has for itself.
//!
//! Owns that it is made anew after an error, and after work that was given up: a server that no longer answers must not hold
//! up the next attempt. Must not know what the work is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::sync::{Mutex, MutexGuard};

use crate::store::{Error, Result};

/// After what time without use it is tried first: the server may have gone meanwhile.
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

/// The connection while it is used. It is closed where it is not given back.
pub(super) struct Lent<'a> {
    pub(super) connection: PgConnection,
    home: MutexGuard<'a, Option<Kept>>,
}

impl OwnConnection {
    /// One that is made when it is needed, with these settings.
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

    /// Closes it for good.
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
