//! A minimal Socket.IO client.
//!
//! Owns the handshake, signing in and the answers to pings, over WebSocket only. Must not know why an event is awaited.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::{dial, population};

/// The time limit for signing in.
const SIGN_IN_LIMIT: Duration = Duration::from_secs(20);
/// The largest event has a kilobyte.
const BUFFER: usize = 4096;

/// A socket that is signed in.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The number of the newest event that the socket knows.
    pub(crate) seq: u64,
}

#[derive(Deserialize)]
struct Authenticated {
    seq: u64,
}

impl Socket {
    /// Connects and signs in as a user.
    pub(crate) async fn open(address: SocketAddr, user: usize, token: &str) -> anyhow::Result<Self> {
        let auth = format!(r#"{{"token":"{token}"}}"#);
        Self::open_on(dial::connect(user, address).await?, address, &auth).await
    }

    /// The same on the caller's TCP connection, with this `auth`.
    pub(crate) async fn open_on(stream: TcpStream, address: SocketAddr, auth: &str) -> anyhow::Result<Self> {
        let mut socket = Self::connect(stream, address).await?;
        let signing_in = socket.sign_in(auth);
        tokio::time::timeout(SIGN_IN_LIMIT, signing_in).await.context("signing in took too long")??;
        Ok(socket)
    }

    /// Connects without signing in.
    pub(crate) async fn connect(stream: TcpStream, address: SocketAddr) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let (stream, _) = tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await?;
        let mut socket = Self { stream, seq: 0 };
        let packet = socket.next().await?.context("the server closed a socket")?;
        anyhow::ensure!(packet.starts_with('0'), "connecting was answered by {packet}");
        Ok(socket)
    }

    /// Signs in; the packets after that are events.
    pub(crate) async fn sign_in(&mut self, auth: &str) -> anyhow::Result<()> {
        self.stream.send(Message::text(format!("40{auth}"))).await?;
        loop {
            let packet = self.next().await?.context("the server closed a socket")?;
            if let Some(answer) = event::<Authenticated>(&packet, "authenticated") {
                self.seq = answer?.seq;
                return Ok(());
            }
            anyhow::ensure!(packet.starts_with("40"), "signing in was answered by {packet}");
        }
    }

    /// The next packet that is not a ping; `None` after the server has closed.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            match self.stream.next().await.transpose()? {
                Some(Message::Text(packet)) if packet.as_str() == "2" => self.stream.send(Message::text("3")).await?,
                Some(Message::Text(packet)) => return Ok(Some(packet.as_str().to_owned())),
                Some(Message::Close(_)) | None => return Ok(None),
                Some(_) => {}
            }
        }
    }
}

/// The payload of an event, if the packet is that event.
pub(crate) fn event<'a, P: Deserialize<'a>>(packet: &'a str, name: &str) -> Option<serde_json::Result<P>> {
    let payload = packet.strip_prefix("42[\"")?.strip_prefix(name)?.strip_prefix("\",")?.strip_suffix(']')?;
    Some(serde_json::from_str(payload))
}

/// Opens `each` sockets for each of the first `users` users, at most `at_once` at the same time.
pub(crate) async fn open_many(
    address: SocketAddr,
    users: usize,
    each: usize,
    at_once: usize,
) -> anyhow::Result<Vec<(usize, Socket)>> {
    open_those(address, 0..users, each, at_once).await
}

/// Opens `each` sockets for each of these users, at most `at_once` at the same time.
pub(crate) async fn open_those(
    address: SocketAddr,
    users: Range<usize>,
    each: usize,
    at_once: usize,
) -> anyhow::Result<Vec<(usize, Socket)>> {
    let tokens = users.clone().map(population::token).collect::<anyhow::Result<Vec<_>>>()?;
    let mut opening = JoinSet::new();
    let mut sockets = Vec::with_capacity(users.len() * each);
    for (user, token) in users.zip(&tokens).flat_map(|pair| std::iter::repeat_n(pair, each)) {
        if opening.len() >= at_once
            && let Some(opened) = opening.join_next().await
        {
            sockets.push(opened??);
        }
        let token = token.clone();
        opening.spawn(async move { anyhow::Ok((user, Socket::open(address, user, &token).await?)) });
    }
    while let Some(opened) = opening.join_next().await {
        sockets.push(opened??);
    }
    Ok(sockets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_by_its_name() {
        let packet = r#"42["authenticated",{"userId":"a","seq":7}]"#;
        assert_eq!(event::<Authenticated>(packet, "authenticated").expect("it is").expect("valid").seq, 7);
        assert!(event::<Authenticated>(packet, "authentic").is_none());
        assert!(event::<Authenticated>(r#"40{"sid":"x"}"#, "authenticated").is_none());
    }
}
