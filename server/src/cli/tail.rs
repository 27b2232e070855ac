//! `tallywire tail`.
//!
//! Owns a Socket.IO client that signs in and prints. Must not use the server's internals: it sees what any client sees.

use anyhow::Context as _;
use futures_util::FutureExt as _;
use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Event, Payload};
use serde_json::json;
use tokio::sync::mpsc;
use wire::events;

use super::output::say;

/// Signs in and prints one line for each event, until an interrupt or a refused sign-in.
pub(super) async fn tail(url: &str, user_id: &str, token: &str) -> anyhow::Result<()> {
    let (lines, mut received) = mpsc::channel::<String>(1024);
    let client = ClientBuilder::new(url)
        .auth(json!({ "token": token, "userId": user_id }))
        .reconnect(true)
        .on_any(move |event: Event, payload: Payload, _: Client| {
            let lines = lines.clone();
            async move {
                if let Some(line) = line(&event, &payload) {
                    let _ = lines.send(line).await;
                }
            }
            .boxed()
        })
        .connect()
        .await
        .with_context(|| format!("cannot connect to {url}"))?;
    loop {
        tokio::select! {
            line = received.recv() => match line {
                Some(line) => say!("{line}")?,
                None => break,
            },
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    let _ = client.disconnect().await;
    Ok(())
}

/// `name payload`, or `None` for anything other than an event of the server.
fn line(event: &Event, payload: &Payload) -> Option<String> {
    let name = match event {
        Event::Custom(name) => name.as_str(),
        Event::Error => events::ERROR,
        _ => return None,
    };
    let payload = match payload {
        Payload::Text(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        _ => return None,
    };
    Some(format!("{name} {payload}"))
}
