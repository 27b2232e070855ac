//! Sending wake-ups.
//!
//! Owns combining the commits of 10 ms into common messages. `NOTIFY` takes a lock on the whole database until it is
//! committed, so it is sent after the commits, by one connection per node. What happens while a message is being sent,
//! or cannot be sent, is collected for the next one, with one entry per user. Must not delay a caller, nor fail a call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::channel::Channel;
use super::message::{Origin, Pending};
use super::woken::Woken;
use crate::auth::session::SessionId;
use crate::store::FeedEvent;

/// How long commits are collected.
const GATHERED: Duration = Duration::from_millis(10);

/// A cheap handle for sending wake-ups. Without other nodes it does nothing.
#[derive(Clone, Debug)]
pub struct Outgoing(Option<mpsc::UnboundedSender<Signal>>);

/// The receiving end of the signals.
pub(super) type Signals = mpsc::UnboundedReceiver<Signal>;

/// A fact that other nodes may have to act on.
#[derive(Debug)]
pub(super) enum Signal {
    Advanced(Arc<str>, u64),
    SyncRequested,
    SessionEnded(SessionId),
}

impl Outgoing {
    pub(super) fn new() -> (Self, Signals) {
        let (sender, signals) = mpsc::unbounded_channel();
        (Self(Some(sender)), signals)
    }

    /// A handle for a node that has no other nodes.
    pub fn none() -> Self {
        Self(None)
    }

    /// Reports the events of a commit.
    pub fn committed(&self, events: &[FeedEvent]) {
        for event in events {
            self.send(|| Signal::Advanced(Arc::clone(&event.user_id), event.seq));
        }
    }

    /// Reports that a sync has been requested.
    pub fn sync_requested(&self) {
        self.send(|| Signal::SyncRequested);
    }

    /// Reports that a dashboard session has ended.
    pub fn session_ended(&self, session: SessionId) {
        self.send(|| Signal::SessionEnded(session));
    }

    fn send(&self, signal: impl FnOnce() -> Signal) {
        if let Some(sender) = &self.0 {
            // The receiver is dropped only when the server stops.
            let _ = sender.send(signal());
        }
    }
}

/// Sends until no handle is left. A message that cannot be sent is lost: other nodes poll the log anyway.
pub(super) async fn run(mut signals: Signals, node: &str, channel: &Channel, woken: &Woken) {
    let mut is_known = false;
    while let Some(first) = signals.recv().await {
        let mut pending = Pending::default();
        pending.take(first);
        tokio::time::sleep(GATHERED).await;
        while let Ok(signal) = signals.try_recv() {
            pending.take(signal);
        }
        let mut sent = Ok(());
        let epoch = woken.store.epoch();
        for message in pending.into_messages(Origin { node, epoch: &epoch }) {
            sent = channel.send(&message).await;
            woken.metrics.woke(if sent.is_ok() { "sent" } else { "failed" });
            if sent.is_err() {
                break;
            }
        }
        match sent {
            Ok(()) if std::mem::take(&mut is_known) => tracing::info!("other nodes can be woken again"),
            Ok(()) => {}
            Err(error) if is_known => tracing::debug!(%error, "other nodes still cannot be woken"),
            Err(error) => {
                tracing::warn!(%error, "other nodes cannot be woken: they poll the log");
                is_known = true;
            }
        }
    }
}

impl Pending {
    fn take(&mut self, signal: Signal) {
        match signal {
            Signal::Advanced(user_id, seq) => self.advanced(user_id, seq),
            Signal::SyncRequested => self.sync_requested(),
            Signal::SessionEnded(session) => self.session_ended(session),
        }
    }
}
