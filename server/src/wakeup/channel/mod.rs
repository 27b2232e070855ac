//! The channel that carries wake-ups.
//!
//! Owns the choice of a channel, and what all channels have in common: every node receives what any node sends, once or
//! not at all. Must not read a message.

mod postgres;
mod redis;

use crate::config::{Config, DatabaseConfig};

/// The channel between the nodes of one database.
pub(super) enum Channel {
    /// The channel without Redis.
    Postgres(Box<postgres::Channel>),
    /// The channel of `REDIS_URL`.
    Redis(Box<redis::Channel>),
}

/// The receiving end.
pub(super) enum Listener {
    Postgres(postgres::Listener),
    Redis(redis::Listener),
}

/// Why nothing can be sent or received now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] sqlx::Error),
    #[error("Redis: {0}")]
    Redis(#[from] ::redis::RedisError),
}

impl Channel {
    /// The channel of a configuration; `None` if its store has only one node. No connection is made yet.
    pub(super) fn of(config: &Config) -> Result<Option<Self>, Error> {
        let DatabaseConfig::Postgres(url) = &config.database else { return Ok(None) };
        Ok(Some(match &config.redis {
            Some(redis) => Self::Redis(Box::new(redis::Channel::new(redis.expose())?)),
            None => {
                let url = config.database_direct.as_ref().unwrap_or(url);
                Self::Postgres(Box::new(postgres::Channel::new(url.expose())?))
            }
        }))
    }

    /// Sends a message to every node, including this one.
    pub(super) async fn send(&self, message: &str) -> Result<(), Error> {
        match self {
            Self::Postgres(channel) => Ok(channel.send(message).await?),
            Self::Redis(channel) => Ok(channel.send(message).await?),
        }
    }

    /// Starts listening. Messages sent before are not received.
    pub(super) async fn listen(&self) -> Result<Listener, Error> {
        Ok(match self {
            Self::Postgres(channel) => Listener::Postgres(channel.listen().await?),
            Self::Redis(channel) => Listener::Redis(channel.listen().await?),
        })
    }
}

impl Listener {
    /// The next message; `None` once the connection is lost.
    pub(super) async fn receive(&mut self) -> Result<Option<String>, Error> {
        match self {
            Self::Postgres(listener) => Ok(listener.receive().await?),
            Self::Redis(listener) => Ok(listener.receive().await),
        }
    }
}
