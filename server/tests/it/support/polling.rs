//! A client that polls, request by request.

use reqwest::Method;
use serde_json::Value;

use super::{Socket, TestApp};

pub(crate) struct Polling<'a> {
    app: &'a TestApp,
    pub(crate) sid: String,
}

impl<'a> Polling<'a> {
    /// Opens a session.
    pub(crate) async fn open(app: &'a TestApp) -> Self {
        Self::open_with(app, &[]).await
    }

    /// Opens a session by a request with these headers.
    pub(crate) async fn open_with(app: &'a TestApp, headers: &[(&str, &str)]) -> Self {
        let request = app.request(Method::GET, "/socket.io/?EIO=4&transport=polling");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let opened = request.send().await.unwrap();
        let opened = opened.text().await.unwrap();
        let open: Value = serde_json::from_str(opened.strip_prefix('0').expect("an open packet")).unwrap();
        Self { app, sid: open["sid"].as_str().unwrap().to_owned() }
    }

    /// Opens a session and joins the namespace with `auth`.
    pub(crate) async fn join(app: &'a TestApp, auth: &Value) -> Self {
        let polling = Self::open(app).await;
        assert_eq!(polling.post(&format!("40{auth}")).await, 200);
        polling
    }

    fn path(&self) -> String {
        format!("/socket.io/?EIO=4&transport=polling&sid={}", self.sid)
    }

    /// Sends packets; returns the status.
    pub(crate) async fn post(&self, packets: &str) -> u16 {
        let call = self.app.request(Method::POST, &self.path()).body(packets.to_owned());
        call.send().await.unwrap().status().as_u16()
    }

    /// Polls once; returns the packets.
    pub(crate) async fn poll(&self) -> Vec<String> {
        let answer = self.app.request(Method::GET, &self.path()).send().await.unwrap();
        answer.text().await.unwrap().split('\u{1e}').map(str::to_owned).collect()
    }

    /// Upgrades to a WebSocket like the official clients, which poll on until the server has answered the probe.
    pub(crate) async fn upgrade(&self, packets: &mut Vec<String>) -> Socket {
        let mut socket = Socket::upgrade(&self.app.address, &self.sid).await;
        let (last, ()) = tokio::join!(self.poll(), socket.send("2probe"));
        packets.extend(last);
        assert_eq!(socket.packet().await.as_deref(), Some("3probe"));
        socket.send("5").await;
        socket
    }
}
