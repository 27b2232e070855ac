//! Sharded publish and subscribe of Redis and Valkey.
//!
//! Owns its two connections. With sharding, a message in a cluster stays within the shard of its channel instead of
//! going to every node of the cluster (<https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub>). Must not keep
//! anything in Redis, nor read a message.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo as _, ProtocolVersion, PushInfo, PushKind, RedisResult, Value,
};
use tokio::sync::{Mutex, mpsc};

/// The channel's name. All databases that share a Redis use it; each message says which database it is for.
const NAME: &str = "tallywire:wakeups";
/// How long a connection or an answer may take. A message that waits for Redis delays the next one.
const WAIT: Duration = Duration::from_secs(2);

/// The channel of one Redis.
pub(in crate::wakeup) struct Channel {
    client: Client,
    sender: Mutex<Option<MultiplexedConnection>>,
}

/// A connection that is listening.
pub(in crate::wakeup) struct Listener {
    /// Dropping it closes the connection.
    _connection: MultiplexedConnection,
    pushed: mpsc::UnboundedReceiver<PushInfo>,
}

impl Channel {
    /// The channel of a `redis://` or `rediss://` address. Connections are made on demand.
    pub(super) fn new(url: &str) -> RedisResult<Self> {
        let address = url.into_connection_info()?;
        // Subscribed messages are pushed only in this version of the protocol.
        let settings = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Ok(Self { client: Client::open(address.set_redis_settings(settings))?, sender: Mutex::default() })
    }

    pub(super) async fn send(&self, message: &str) -> RedisResult<()> {
        let mut sender = self.sender.lock().await;
        let mut connection = match sender.take() {
            Some(connection) => connection,
            None => self.connect(AsyncConnectionConfig::new()).await?,
        };
        redis::cmd("SPUBLISH").arg(NAME).arg(message).query_async::<()>(&mut connection).await?;
        // A connection that failed is not kept.
        *sender = Some(connection);
        Ok(())
    }

    pub(super) async fn listen(&self) -> RedisResult<Listener> {
        let (push, pushed) = mpsc::unbounded_channel();
        let mut connection = self.connect(AsyncConnectionConfig::new().set_push_sender(push)).await?;
        redis::cmd("SSUBSCRIBE").arg(NAME).query_async::<()>(&mut connection).await?;
        Ok(Listener { _connection: connection, pushed })
    }

    async fn connect(&self, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        let config = config.set_connection_timeout(Some(WAIT)).set_response_timeout(Some(WAIT));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }
}

impl Listener {
    pub(super) async fn receive(&mut self) -> Option<String> {
        loop {
            let PushInfo { kind, data } = self.pushed.recv().await?;
            match (kind, data.as_slice()) {
                (PushKind::Disconnection | PushKind::SUnsubscribe, _) => return None,
                (PushKind::SMessage, [_, Value::BulkString(message)]) => {
                    return Some(String::from_utf8_lossy(message).into_owned());
                }
                _ => {}
            }
        }
    }
}
