//! A Socket.IO client that shows every packet, so that tests see everything.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The name of an event and its first argument; `null` without one.
fn event_of(body: &str) -> [Value; 2] {
    let mut parts: Vec<Value> = serde_json::from_str(body).unwrap();
    parts.resize(2, Value::Null);
    parts.try_into().unwrap()
}

/// The time limit for a packet that must arrive.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects over WebSocket and joins the namespace, with `auth` if given.
    pub(crate) async fn connect(address: &str, auth: Option<Value>, headers: &[(&str, &str)]) -> Self {
        Self::open(address, headers).await.expect("the server accepts the socket").join(auth).await
    }

    /// Joins the namespace.
    pub(crate) async fn join(mut self, auth: Option<Value>) -> Self {
        let auth = auth.map(|auth| auth.to_string()).unwrap_or_default();
        self.send(format!("40{auth}")).await;
        assert!(self.packet().await.is_some_and(|packet| packet.starts_with("40{")));
        self
    }

    /// Connects only the engine; returns the status if the server refuses.
    pub(crate) async fn open(address: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        Self::open_at(address, "", headers).await
    }

    /// The same with additional query parameters.
    pub(crate) async fn open_at(address: &str, query: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        Self::opened_with(address, &format!("EIO=4&transport=websocket{query}"), headers)
            .await
            .map(|(socket, _)| socket)
    }

    /// Connects with this query; also returns the open packet.
    pub(crate) async fn opened(address: &str, query: &str) -> Result<(Self, String), u16> {
        Self::opened_with(address, query, &[]).await
    }

    async fn opened_with(address: &str, query: &str, headers: &[(&str, &str)]) -> Result<(Self, String), u16> {
        let url = format!("{}/socket.io/?{query}", address.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => {
                let mut socket = Self(stream);
                let packet = socket.packet().await.filter(|packet| packet.starts_with('0')).expect("an open packet");
                Ok((socket, packet))
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The WebSocket to which a polling session upgrades.
    pub(crate) async fn upgrade(address: &str, sid: &str) -> Self {
        Self::upgrade_as(4, address, sid).await
    }

    /// The same in this version of the protocol.
    pub(crate) async fn upgrade_as(version: u8, address: &str, sid: &str) -> Self {
        let address = address.replacen("http", "ws", 1);
        let url = format!("{address}/socket.io/?EIO={version}&transport=websocket&sid={sid}");
        Self(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }

    /// The same if the server may be down at any moment; `None` if it is.
    pub(crate) async fn try_connect(address: &str, auth: &Value) -> Option<Self> {
        let url = format!("{}/socket.io/?EIO=4&transport=websocket", address.replacen("http", "ws", 1));
        let (stream, _) = tokio_tungstenite::connect_async(url).await.ok()?;
        let mut socket = Self(stream);
        socket.packet().await.filter(|packet| packet.starts_with('0'))?;
        socket.0.send(Message::text(format!("40{auth}"))).await.ok()?;
        socket.packet().await.filter(|packet| packet.starts_with("40{"))?;
        Some(socket)
    }

    /// The next event; `None` once the connection has ended.
    pub(crate) async fn next_event(&mut self) -> Option<(String, Value)> {
        let packet = self.packet().await?;
        serde_json::from_str(packet.strip_prefix("42")?).ok()
    }

    pub(crate) async fn send(&mut self, packet: impl Into<String>) {
        self.0.send(Message::text(packet.into())).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: &[u8]) {
        self.0.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    pub(crate) async fn emit(&mut self, name: &str, payload: &Value) {
        self.send(format!("42{}", json!([name, payload]))).await;
    }

    /// The next packet as text; `None` once the connection has ended.
    pub(crate) async fn packet(&mut self) -> Option<String> {
        loop {
            let next = tokio::time::timeout(TIMEOUT, self.0.next()).await.expect("a packet in time");
            match next {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => {
                    let _ = self.0.send(Message::text("3")).await;
                }
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> (String, Value) {
        let packet = self.packet().await.expect("an event");
        let body = packet.strip_prefix("42").unwrap_or_else(|| panic!("an event, not {packet}"));
        let [name, payload] = event_of(body);
        (name.as_str().unwrap().to_owned(), payload)
    }

    /// The next event, which must have this name; returns its payload.
    pub(crate) async fn expect(&mut self, name: &str) -> Value {
        let (received, payload) = self.event().await;
        assert_eq!(received, name, "{payload}");
        payload
    }

    /// Signs in with the event `authenticate`.
    pub(crate) async fn authenticate(&mut self, user_id: &str, token: &str) {
        self.emit("authenticate", &json!({ "userId": user_id, "token": token })).await;
    }

    /// Checks that nothing is waiting: the answer to a ping is the next packet.
    pub(crate) async fn expect_nothing(&mut self) {
        self.emit("ping", &Value::Null).await;
        self.expect("pong").await;
    }

    /// Waits for the end of the connection, which the engine may announce; no other packet may come first.
    pub(crate) async fn expect_end(&mut self) {
        loop {
            match self.packet().await.as_deref() {
                None => return,
                Some("1" | "41") => {}
                Some(packet) => panic!("{packet} instead of the end"),
            }
        }
    }

    /// Waits for the server to disconnect the socket from the namespace.
    pub(crate) async fn expect_disconnect(&mut self) {
        let packet = self.packet().await;
        assert!(packet.as_deref().is_none_or(|packet| packet == "41"), "{packet:?}");
    }
}
