//! The connection in the browser.
//!
//! Owns the Socket.IO client: opening it, passing on its notifications, and closing it when it is dropped. The
//! only file that names the client's options. Must not interpret events.

use leptos::prelude::*;
use socketio_client::{Client, Notification, Options, Probe, Status};

/// The server answers a sign-in at once. After this time the connection is considered broken.
const SIGN_IN_TIMEOUT_MS: u32 = 20_000;

/// A visible page probes a server that has been quiet for this long …
const QUIET_MS: u32 = 5_000;
/// … is no longer live when no answer arrives within this time …
const PROBE_TIMEOUT_MS: u32 = 3_000;
/// … and closes the connection after this time.
const GIVE_UP_MS: u32 = 10_000;

/// The client, once it has been opened.
pub(in crate::realtime) struct Link {
    // The client lives on this thread only; the arena of an owner lets a controller that is shared through the
    // context hold it. Dropping the owner drops the client, which closes the socket.
    _owner: Owner,
    client: StoredValue<Option<Client>, LocalStorage>,
}

impl Link {
    pub(in crate::realtime) fn new() -> Self {
        let owner = Owner::default();
        let client = owner.with(|| StoredValue::new_local(None));
        Self { _owner: owner, client }
    }

    /// Opens the connection, unless it has been opened before. `auth` returns the handshake's payload for each attempt.
    pub(in crate::realtime) fn connect(
        &self,
        url: Option<&str>,
        auth: impl Fn() -> Option<String> + 'static,
        notify: impl Fn(Notification) + 'static,
    ) {
        if self.client.with_value(Option::is_some) {
            return;
        }
        let event = wire::events::PING.to_owned();
        let probe = Probe { event, quiet: QUIET_MS, timeout: PROBE_TIMEOUT_MS, give_up: GIVE_UP_MS };
        let mut options =
            Options::new().path(wire::events::PATH).ready_timeout(SIGN_IN_TIMEOUT_MS).probe(probe).auth(auth);
        if let Some(url) = url {
            options = options.url(url.to_owned());
        }
        self.client.set_value(Some(Client::connect(options, notify)));
    }

    /// Connects now, whatever the state. False if the connection has not been opened yet.
    pub(in crate::realtime) fn reconnect(&self) -> bool {
        // Cloned out, because the client may call back at once.
        let Some(client) = self.client.with_value(Clone::clone) else { return false };
        if client.status() != Status::Live {
            client.reconnect();
        }
        true
    }

    /// Connects again, so that the server resumes from the feed's position.
    pub(in crate::realtime) fn restart(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.disconnect();
            client.reconnect();
        }
    }

    /// The server has signed the page in.
    pub(in crate::realtime) fn ready(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.ready();
        }
    }

    /// Closes the connection and retries after the usual delay.
    pub(in crate::realtime) fn retry(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.retry();
        }
    }

    /// Closes the connection and retries after at least this many milliseconds.
    pub(in crate::realtime) fn retry_after(&self, ms: u32) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.retry_after(ms);
        }
    }

    pub(in crate::realtime) fn disconnect(&self) {
        if let Some(client) = self.client.with_value(Clone::clone) {
            client.disconnect();
        }
    }
}
