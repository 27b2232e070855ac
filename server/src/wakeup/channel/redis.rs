//! Sharded publish and subscribe of Redis and Valkey.
//!
//! Owns its two connections, and in a cluster the way to the shard of its channel: with sharding, a message stays within
//! that shard instead of going to every node of the cluster
//! (<https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub>). Must not keep anything in Redis, nor read a message.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion,
    PushInfo, PushKind, RedisError, RedisResult, Value, cmd,
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
        let mut publish = cmd("SPUBLISH");
        publish.arg(NAME).arg(message);
        // The server may have closed the connection since the last message: then a new one is tried.
        if let Some(mut connection) = sender.take() {
            match publish.query_async::<()>(&mut connection).await {
                Ok(()) => {
                    *sender = Some(connection);
                    return Ok(());
                }
                Err(error) if error.is_timeout() => return Err(error),
                Err(_) => {}
            }
        }
        *sender = Some(self.begin(&publish, AsyncConnectionConfig::new()).await?);
        Ok(())
    }

    pub(super) async fn listen(&self) -> RedisResult<Listener> {
        let (push, pushed) = mpsc::unbounded_channel();
        let mut subscribe = cmd("SSUBSCRIBE");
        subscribe.arg(NAME);
        let connection = self.begin(&subscribe, AsyncConnectionConfig::new().set_push_sender(push)).await?;
        Ok(Listener { _connection: connection, pushed })
    }

    /// Connects, and runs the first command. A node of a cluster without the channel's shard names the node that has it.
    async fn begin(&self, command: &Cmd, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        let config = config.set_connection_timeout(Some(WAIT)).set_response_timeout(Some(WAIT));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let Err(error) = command.query_async::<()>(&mut connection).await else { return Ok(connection) };
        let Some(shard) = moved_to(&error, self.client.get_connection_info()) else { return Err(error) };
        let mut connection = Client::open(shard)?.get_multiplexed_async_connection_with_config(&config).await?;
        command.query_async::<()>(&mut connection).await?;
        Ok(connection)
    }
}

/// The node that `MOVED` names, `host:port`, with the settings of the node that has answered. Without a host it is the same
/// (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#moved-redirection>).
fn moved_to(error: &RedisError, answered: &ConnectionInfo) -> Option<ConnectionInfo> {
    let (name, _) = error.redirect_node()?;
    let (to_host, to_port) = name.rsplit_once(':')?;
    let mut address = answered.addr().clone();
    match &mut address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            *port = to_port.parse().ok()?;
            if !to_host.is_empty() {
                to_host.trim_matches(['[', ']']).clone_into(host);
            }
        }
        _ => return None,
    }
    Some(answered.clone().set_addr(address))
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
