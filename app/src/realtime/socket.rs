//! The connection in the browser.
//!
//! Owns the Socket.IO client of a session: opening it, handing over what it says, and closing it
//! when the session is dropped. Must not interpret events.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use socketio_client::{Client, Notification, Options, Probe, Status};

use super::session::Session;

/// How long the server may take to sign a page in. It answers at once, or something is wrong that it
/// does not tell of.
const SIGN_IN_MS: u32 = 20_000;

/// A page that is looked at asks a server that has said nothing for so long whether it is there …
const QUIET_MS: u32 = 5_000;
/// … stops calling itself live when no answer comes within so long …
const PATIENCE_MS: u32 = 3_000;
/// … and gives the connection up after so long.
const GIVE_UP_MS: u32 = 10_000;

/// The session's client, once it has been asked for.
pub(super) struct Link {
    // The client lives on this thread only; the arena of its own owner lets a session that is shared
    // through the context hold it. Dropping the owner drops the client, which closes the socket.
    _owner: Owner,
    client: StoredValue<Option<Client>, LocalStorage>,
}

impl Link {
    pub(super) fn new() -> Self {
        let owner = Owner::default();
        let client = owner.with(|| StoredValue::new_local(None));
        Self { _owner: owner, client }
    }

    /// Opens the connection; the second time, nothing.
    pub(super) fn connect(&self, session: &Arc<Session>) {
        if self.client.with_value(Option::is_some) {
            return;
        }
        let event = wire::events::PING.to_owned();
        let probe = Probe { event, quiet: QUIET_MS, patience: PATIENCE_MS, give_up: GIVE_UP_MS };
        let mut options = Options::new().path(wire::events::PATH).ready_timeout(SIGN_IN_MS).probe(probe).auth({
            let session = Arc::downgrade(session);
            move || session.upgrade().map(|session| session.auth_payload())
        });
        if let Some(url) = &session.url {
            options = options.url(url.clone());
        }
        let session = Arc::downgrade(session);
        let client = Client::connect(options, move |notification| {
            let Some(session) = session.upgrade() else { return };
            match notification {
                Notification::Status(status) => session.on_status(status),
                Notification::Event(event) => session.on_event(&event.name, event.raw_arg(0).unwrap_or("null")),
                Notification::Silent(is_silent) => session.on_silent(is_silent),
                Notification::Refused { message } => session.on_refused(message),
            }
        });
        self.client.set_value(Some(client));
    }

    /// Tries now, whatever the state.
    pub(super) fn reconnect(&self, session: &Arc<Session>) {
        // Cloned out, because the client may call back at once.
        match self.client.with_value(Clone::clone) {
            Some(client) if client.status() != Status::Live => client.reconnect(),
            Some(_) => {}
            None => self.connect(session),
        }
    }

    /// Connects anew, so that the server is asked again from where the feed stands.
    pub(super) fn restart(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.disconnect();
            client.reconnect();
        }
    }

    /// The server has signed the page in.
    pub(super) fn ready(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.ready();
        }
    }

    /// Gives the connection up and tries again after a pause.
    pub(super) fn retry(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.retry();
        }
    }

    /// The same, after at least so many milliseconds.
    pub(super) fn retry_after(&self, ms: u32) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.retry_after(ms);
        }
    }

    pub(super) fn disconnect(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.disconnect();
        }
    }
}

pub(super) fn spawn(work: impl Future<Output = ()> + 'static) {
    spawn_local(work);
}

pub(crate) async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}
