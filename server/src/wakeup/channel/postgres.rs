//! `NOTIFY` and `LISTEN` of PostgreSQL.
//!
//! Owns its connections, which do not go through a pooler: `LISTEN` does not work through PgBouncer in transaction
//! mode. Must not read a message.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{PgPool, Result};

/// The channel's name in the database.
const NAME: &str = "tallywire_wakeups";
/// One connection to listen, one to send.
const CONNECTIONS: u32 = 2;
/// How long opening a connection may take.
const WAIT: Duration = Duration::from_secs(5);

/// The channel of one database.
pub(in crate::wakeup) struct Channel(PgPool);

/// A connection that is listening.
pub(in crate::wakeup) struct Listener(PgListener);

impl Channel {
    /// The channel of a `postgres://` address. Connections are made on demand.
    pub(super) fn new(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?;
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WAIT);
        Ok(Self(pool.connect_lazy_with(options.application_name("tallywire wake-ups"))))
    }

    pub(super) async fn send(&self, message: &str) -> Result<()> {
        sqlx::query("SELECT pg_notify($1, $2)").bind(NAME).bind(message).execute(&self.0).await?;
        Ok(())
    }

    pub(super) async fn listen(&self) -> Result<Listener> {
        let mut listener = PgListener::connect_with(&self.0).await?;
        listener.listen(NAME).await?;
        Ok(Listener(listener))
    }
}

impl Listener {
    pub(super) async fn receive(&mut self) -> Result<Option<String>> {
        Ok(self.0.try_recv().await?.map(|notification| notification.payload().to_owned()))
    }
}
