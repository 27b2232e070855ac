//! An Engine.IO session over polling that shows every status and body, in version 4 or 3 of the protocol.

use reqwest::{Method, Response};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Socket, TestApp};

/// The separator of packets in a payload of version 4.
pub(crate) const SEPARATOR: char = '\u{1e}';

pub(crate) struct Engine<'a> {
    app: &'a TestApp,
    path: String,
    /// The open packet.
    pub(crate) opened: Value,
}

impl<'a> Engine<'a> {
    /// Opens a session of version 4, and reads the first ping, which this server sends at once.
    pub(crate) async fn open(app: &'a TestApp) -> Self {
        let session = Self::begin(app, "/socket.io/?EIO=4&transport=polling").await;
        assert_eq!(session.text().await, "2");
        assert_eq!(session.post("3").await, (200, "ok".to_owned()));
        session
    }

    /// Opens a session of version 3, in which the client pings, and reads the packet that opens the namespace.
    pub(crate) async fn open_v3(app: &'a TestApp) -> Self {
        let session = Self::begin(app, "/socket.io/?EIO=3&transport=polling&b64=1").await;
        assert_eq!(session.text().await, "2:40");
        session
    }

    async fn begin(app: &'a TestApp, address: &str) -> Self {
        let answer = app.request(Method::GET, address).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        let packet = text.split_once(":0{").map_or(text.as_str(), |(length, _)| {
            let packet = &text[length.len() + 1..];
            assert_eq!(length.parse(), Ok(packet.chars().count()), "its length stands before a packet");
            packet
        });
        let opened: Value = serde_json::from_str(packet.strip_prefix('0').expect("an open packet")).unwrap();
        let path = format!("{address}&sid={}", opened["sid"].as_str().unwrap());
        Self { app, path, opened }
    }

    pub(crate) fn sid(&self) -> &str {
        self.opened["sid"].as_str().unwrap()
    }

    /// Joins the namespace, with or without a payload.
    pub(crate) async fn join(self, auth: &str) -> Self {
        assert_eq!(self.post(&format!("40{auth}")).await.0, 200);
        assert!(self.text().await.starts_with("40{\"sid\":"));
        self
    }

    /// Polls once.
    pub(crate) async fn get(&self) -> Response {
        self.app.request(Method::GET, &self.path).send().await.unwrap()
    }

    /// Polls once; returns the body.
    pub(crate) async fn text(&self) -> String {
        let answer = self.get().await;
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// Polls once; returns the status.
    pub(crate) async fn status(&self) -> u16 {
        self.get().await.status().as_u16()
    }

    /// Polls, and closes the connection before there is an answer.
    pub(crate) async fn ask_and_go(&self) {
        let address = self.app.address.trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {} HTTP/1.1\r\nhost: {address}\r\n\r\n", self.path);
        connection.write_all(request.as_bytes()).await.unwrap();
        connection.shutdown().await.unwrap();
    }

    /// Sends packets; returns the status and the body.
    pub(crate) async fn post(&self, packets: &str) -> (u16, String) {
        let answer = self.app.request(Method::POST, &self.path).body(packets.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A WebSocket for this session that has not upgraded yet.
    pub(crate) async fn websocket(&self, version: u8) -> Socket {
        Socket::upgrade_as(version, &self.app.address, self.sid()).await
    }
}
