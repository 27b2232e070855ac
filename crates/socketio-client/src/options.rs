//! The settings of a client.
//!
//! Owns the settings and their defaults. Must not act on them.

use std::fmt;
use std::rc::Rc;

use crate::reconnect::Policy;

/// The plain settings of a session: everything except the callback.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Scheme, host and port of the server; `None` for those of the page.
    pub url: Option<String>,
    /// The path of Socket.IO on the server.
    pub path: String,
    /// The namespace to join.
    pub namespace: String,
    /// How to reconnect after a loss.
    pub policy: Policy,
    /// How long opening the connection and joining the namespace may take together, in milliseconds.
    pub connect_timeout: u32,
    /// How long after joining, in milliseconds, the owner may take to report that the connection serves its purpose,
    /// for example because it has signed in. `None` if joining is enough.
    pub ready_timeout: Option<u32>,
    /// How to find out, before the server's heartbeats show it, that the server has stopped answering.
    pub probe: Option<Probe>,
    /// How many messages may wait for a connection.
    pub queue_limit: usize,
}

/// A probe for a server that has been silent for a while: any event that it answers in any way. It is sent while the
/// page is visible and the connection ready, and costs a few bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The name of the event to send.
    pub event: String,
    /// The silence after which to send it, in milliseconds.
    pub quiet: u32,
    /// How long an answer may take before the server counts as silent, in milliseconds.
    pub timeout: u32,
    /// How long it may take before the connection is given up, in milliseconds.
    pub give_up: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: None,
            path: String::from("/socket.io/"),
            namespace: String::from("/"),
            policy: Policy::default(),
            connect_timeout: 20_000,
            ready_timeout: None,
            probe: None,
            queue_limit: 64,
        }
    }
}

type Auth = Rc<dyn Fn() -> Option<String>>;

/// The settings of a client; names as in the JavaScript client.
#[derive(Clone, Default)]
pub struct Options {
    pub(crate) config: Config,
    pub(crate) auth: Option<Auth>,
}

impl Options {
    /// The page's server, the main namespace, no connect payload.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another server: `https://host:3003`, or with `http`, `ws`, `wss`.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.config.url = Some(url.into());
        self
    }

    /// The path of Socket.IO on the server; `/socket.io/` by default.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.config.path = path.into();
        self
    }

    /// The namespace to join; `/` by default.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.config.namespace = namespace.into();
        self
    }

    /// Returns the connect payload as JSON text, such as `{"token":"…"}`. Called at every connect, so that it can
    /// provide a fresh token and the newest event received.
    pub fn auth(mut self, auth: impl Fn() -> Option<String> + 'static) -> Self {
        self.auth = Some(Rc::new(auth));
        self
    }

    /// The pause before the first reconnection attempt, in milliseconds; 1 000 by default.
    pub fn reconnection_delay(mut self, ms: u32) -> Self {
        self.config.policy.reconnection_delay = ms;
        self
    }

    /// The longest pause between attempts, in milliseconds; 5 000 by default.
    pub fn reconnection_delay_max(mut self, ms: u32) -> Self {
        self.config.policy.reconnection_delay_max = ms;
        self
    }

    /// How far jitter moves a pause in either direction, as a share of it; 0.5 by default.
    pub fn randomization_factor(mut self, factor: f64) -> Self {
        self.config.policy.randomization_factor = factor;
        self
    }

    /// Whether to reconnect after the server sent a disconnect packet; the default.
    pub fn reconnect_after_server_disconnect(mut self, yes: bool) -> Self {
        self.config.policy.reconnect_after_server_disconnect = yes;
        self
    }

    /// How long a connection must be ready to count as stable, in milliseconds; 5 000 by default.
    pub fn stable_after(mut self, ms: u32) -> Self {
        self.config.policy.stable_after = ms;
        self
    }

    /// How long connecting may take, in milliseconds; 20 000 by default.
    pub fn connect_timeout(mut self, ms: u32) -> Self {
        self.config.connect_timeout = ms;
        self
    }

    /// How long it may take from joining the namespace to `Client::ready`, in
    /// milliseconds. By default a connection is ready as soon as the namespace is joined.
    pub fn ready_timeout(mut self, ms: u32) -> Self {
        self.config.ready_timeout = Some(ms);
        self
    }

    /// Probes a server that is quiet; off by default.
    pub fn probe(mut self, probe: Probe) -> Self {
        self.config.probe = Some(probe);
        self
    }

    /// How many messages may wait for a connection; 64 by default.
    pub fn queue_limit(mut self, messages: usize) -> Self {
        self.config.queue_limit = messages;
        self
    }

    /// The plain settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Asks for the connect payload.
    pub fn auth_payload(&self) -> Option<String> {
        self.auth.as_ref().and_then(|auth| auth())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("config", &self.config).field("auth", &self.auth.is_some()).finish()
    }
}
