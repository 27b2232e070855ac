//! `tallywire tail`.
//!
//! Owns a Socket.IO client that signs in, prints, and resumes after a lost connection. Must not use the server's
//! internals: it sees what any client sees.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use futures_util::FutureExt as _;
use parking_lot::Mutex;
use rust_socketio::asynchronous::{Client, ClientBuilder, ReconnectSettings};
use rust_socketio::{Event, Payload};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wire::ErrorCode;
use wire::error::SocketError;
use wire::events;

use super::output::say;

/// The longest pause between two attempts to reconnect, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 5_000;

/// What the client reports.
enum Report {
    Event {
        name: String,
        payload: Vec<Value>,
    },
    /// The server's event `error`.
    Refused(SocketError),
    /// The connection was lost; the client reconnects.
    Lost(String),
    /// The server has ended the session; the client does not reconnect.
    Ended,
}

/// Signs in and prints one line for each event, until an interrupt or a refused sign-in. After a lost connection it resumes
/// with the events that it missed.
pub(super) async fn tail(url: &str, user_id: &str, token: &str) -> anyhow::Result<()> {
    let (reports, mut received) = mpsc::channel::<Report>(1024);
    let credentials = json!({ "token": token, "userId": user_id });
    let position = Arc::new(Mutex::new(Position::default()));
    let (received_to, resumed) = (Arc::clone(&position), (position, credentials.clone()));
    let report = move |event: Event, payload: Payload, _: Client| {
        let (reports, report) = (reports.clone(), report(&event, payload));
        // At once: events that still wait to be printed must not be requested again after a lost connection.
        if let Some(Report::Event { name, payload }) = &report {
            received_to.lock().follow(name, payload.first());
        }
        async move {
            if let Some(report) = report {
                let _ = reports.send(report).await;
            }
        }
        .boxed()
    };
    let (of_error, of_close) = (report.clone(), report.clone());
    let client = ClientBuilder::new(url)
        .auth(credentials)
        .reconnect(true)
        .reconnect_delay(500, LONGEST_PAUSE_MS)
        .on_reconnect(move || {
            let (position, credentials) = resumed.clone();
            async move {
                let mut settings = ReconnectSettings::new();
                settings.auth(position.lock().added_to(credentials));
                settings
            }
            .boxed()
        })
        .on_any(report)
        .on(Event::Error, move |payload, client| of_error(Event::Error, payload, client))
        .on(Event::Close, move |payload, client| of_close(Event::Close, payload, client))
        .connect()
        .await
        .with_context(|| format!("cannot connect to {url}"))?;
    let printed = tokio::select! {
        printed = print(&mut received) => printed,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    let _ = client.disconnect().await;
    printed
}

/// Prints events on standard output and problems on standard error. Fails when the session is over.
async fn print(received: &mut mpsc::Receiver<Report>) -> anyhow::Result<()> {
    let mut is_lost = false;
    while let Some(report) = received.recv().await {
        match report {
            Report::Event { name, payload } => {
                is_lost = false;
                let payload: Vec<_> = payload.iter().map(ToString::to_string).collect();
                say!("{name} {}", payload.join(" "))?;
            }
            // If the sign-in is not checked in time, the server ends the connection, and the client reconnects.
            Report::Refused(error) if error.code == ErrorCode::AuthUnavailable => {
                eprintln!("{}: the sign-in is tried again", error.message);
            }
            Report::Refused(error) => bail!("the server refuses: {} ({})", error.message, error.code.as_str()),
            Report::Lost(reason) if !is_lost => {
                is_lost = true;
                eprintln!("The connection is lost ({reason}). Reconnecting");
            }
            Report::Lost(_) => {}
            Report::Ended => bail!("the server has ended the session"),
        }
    }
    Ok(())
}

fn report(event: &Event, payload: Payload) -> Option<Report> {
    let Payload::Text(mut payload) = payload else { return None };
    match event {
        Event::Custom(name) => Some(Report::Event { name: name.clone(), payload }),
        // Errors of the library have this name as well; they are texts.
        Event::Error => {
            let error = payload.pop()?;
            Some(match serde_json::from_value(error.clone()) {
                Ok(error) => Report::Refused(error),
                Err(_) => Report::Lost(error.as_str().map_or_else(|| error.to_string(), str::to_owned)),
            })
        }
        Event::Close => Some(Report::Ended),
        _ => None,
    }
}

/// How far the received events reach.
#[derive(Default)]
struct Position {
    epoch: Option<String>,
    seq: Option<u64>,
}

impl Position {
    fn follow(&mut self, name: &str, payload: Option<&Value>) {
        let Some(payload) = payload else { return };
        let (seq, epoch) = (payload["seq"].as_u64(), payload["epoch"].as_str());
        let is_new_epoch = epoch.is_some() && epoch != self.epoch.as_deref();
        // A repeated sign-in names the newest event, and the missed ones follow.
        if name == events::AUTHENTICATED && self.seq.is_some() && !is_new_epoch {
            return;
        }
        if let Some(epoch) = epoch {
            self.epoch = Some(epoch.to_owned());
        }
        self.seq = seq.or(self.seq);
    }

    /// The handshake's payload, from this position if it is known.
    fn added_to(&self, mut credentials: Value) -> Value {
        if let Some(seq) = self.seq {
            credentials["since"] = seq.into();
            credentials["epoch"] = self.epoch.clone().into();
        }
        credentials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconnect_resumes_after_the_last_received_event() {
        let mut position = Position::default();
        assert_eq!(position.added_to(json!({})), json!({}));
        position.follow(events::AUTHENTICATED, Some(&json!({ "seq": 7, "epoch": "e1" })));
        position.follow("transaction:new", Some(&json!({ "seq": 8 })));
        position.follow(events::AUTHENTICATED, Some(&json!({ "seq": 12, "epoch": "e1" })));
        assert_eq!(position.added_to(json!({})), json!({ "since": 8, "epoch": "e1" }));
        position.follow(events::AUTHENTICATED, Some(&json!({ "seq": 3, "epoch": "e2" })));
        assert_eq!(position.added_to(json!({})), json!({ "since": 3, "epoch": "e2" }));
    }

    #[test]
    fn a_refusal_is_told_from_an_error_of_the_connection() {
        let refused = json!({ "message": "Invalid token", "code": "INVALID_TOKEN" });
        assert!(matches!(report(&Event::Error, refused.into()), Some(Report::Refused(_))));
        assert!(
            matches!(report(&Event::Error, "broken pipe".into()), Some(Report::Lost(reason)) if reason == "broken pipe")
        );
        assert!(matches!(report(&Event::Close, "".into()), Some(Report::Ended)));
    }
}
