//! `NOTIFY` and `LISTEN` of PostgreSQL.
//!
//! Owns its connections, which do not go through a pooler: `LISTEN` does not work through PgBouncer in transaction
//! mode. Must not read a message.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Error, PgConnection, Result};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The channel's name in the database.
const NAME: &str = "tallywire_wakeups";
/// How long opening a connection may take, and sending a message.
const WAIT: Duration = Duration::from_secs(5);

/// The channel of one database: one connection to send, one to listen.
pub(in crate::wakeup) struct Channel {
    options: PgConnectOptions,
    /// The connection that sends. While it is in use, and after an error, there is none.
    sender: Mutex<Option<PgConnection>>,
}

/// A connection that is listening.
pub(in crate::wakeup) struct Listener(PgListener);

impl Channel {
    /// The channel of a `postgres://` address. Connections are made on demand.
    pub(super) fn new(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("tallywire wake-ups");
        Ok(Self { options, sender: Mutex::default() })
    }

    pub(super) async fn send(&self, message: &str) -> Result<()> {
        let mut sender = self.sender.lock().await;
        // The server may have closed the connection since the last message: then a new one is tried.
        if let Some(connection) = sender.take()
            && let Ok(connection) = notify(connection, message).await
        {
            *sender = Some(connection);
            return Ok(());
        }
        let connected = timeout(WAIT, self.options.connect()).await;
        *sender = Some(notify(connected.map_err(|_| silent())??, message).await?);
        Ok(())
    }

    /// Listens in a pool of its own: the connection of a listener that was dropped may never come back to its pool.
    pub(super) async fn listen(&self) -> Result<Listener> {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(WAIT);
        let mut listener = PgListener::connect_with(&pool.connect_lazy_with(self.options.clone())).await?;
        timeout(WAIT, listener.listen(NAME)).await.map_err(|_| silent())??;
        Ok(Listener(listener))
    }
}

/// Sends a message and returns the connection, which is closed on an error and if the server does not answer.
async fn notify(mut connection: PgConnection, message: &str) -> Result<PgConnection> {
    let sent = sqlx::query("SELECT pg_notify($1, $2)").bind(NAME).bind(message).execute(&mut connection);
    timeout(WAIT, sent).await.map_err(|_| silent())??;
    Ok(connection)
}

fn silent() -> Error {
    Error::Io(std::io::ErrorKind::TimedOut.into())
}

impl Listener {
    pub(super) async fn receive(&mut self) -> Result<Option<String>> {
        Ok(self.0.try_recv().await?.map(|notification| notification.payload().to_owned()))
    }
}
