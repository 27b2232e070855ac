//! A user's clients: they sign in at any node, and at another one whenever they are cut off or receive nothing.
//!
//! Owns the events that each client received, and over how many of its user's sockets an event arrived. Must not know
//! the fault.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::node::LIMIT;
use crate::support::{Socket, user_token};

/// How long a client waits for the next event before it checks whether to stop.
const LOOK: Duration = Duration::from_millis(300);
/// After how many waits without an event it tries another node: a frozen one closes no connection.
const PATIENCE: u32 = 27;
/// The time limit for connecting.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Over how many sockets each event of a user arrived while they were connected.
#[derive(Default)]
pub(super) struct Arrivals(Mutex<HashMap<(String, u64), u32>>);

/// The counts of all clients.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) events: AtomicU64,
    /// Sign-ins that were accepted.
    pub(super) sign_ins: AtomicU64,
    /// Sign-ins that were refused: at the limit, or while the database was down.
    pub(super) refusals: AtomicU64,
    /// `sync:required`, after which a client reloads everything.
    pub(super) reloads: AtomicU64,
}

pub(super) struct Client {
    pub(super) addresses: Arc<[String]>,
    pub(super) user_id: String,
    /// Whether the client resumes with `since`.
    pub(super) resumes: bool,
    pub(super) random: fastrand::Rng,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) heard: Arc<Heard>,
    pub(super) arrivals: Arc<Arrivals>,
    pub(super) epoch: String,
    pub(super) last: u64,
}

impl Client {
    /// Listens until none is left after `stop`; returns the number of the last event.
    pub(super) async fn follow(mut self) -> u64 {
        loop {
            let address = self.random.choice(self.addresses.iter()).unwrap();
            let mut auth = json!({ "token": user_token(&self.user_id) });
            if self.resumes {
                auth["since"] = json!(self.last);
                auth["epoch"] = json!((!self.epoch.is_empty()).then_some(&self.epoch));
            }
            let connected = timeout(CONNECT_LIMIT, Socket::try_connect(address, &auth)).await;
            if let Ok(Some(socket)) = connected
                && let Some(newest) = self.listen(socket).await
                && self.stop.load(Ordering::SeqCst)
                && newest == self.last
            {
                return self.last;
            }
            sleep(Duration::from_millis(self.random.u64(20..200))).await;
        }
    }

    /// Listens to one socket until it ends; returns the newest number at its sign-in, if it signed in.
    async fn listen(&mut self, mut socket: Socket) -> Option<u64> {
        let (mut newest, mut quiet) = (None, 0);
        while quiet < PATIENCE {
            match timeout(LOOK, socket.next_event()).await {
                Ok(Some((name, payload))) => {
                    quiet = 0;
                    match &*name {
                        "authenticated" => newest = Some(self.signed_in(&payload)),
                        "error" => {
                            self.heard.refusals.fetch_add(1, Ordering::Relaxed);
                            return newest;
                        }
                        "sync:required" => self.reload(&payload),
                        _ => self.take(&name, &payload),
                    }
                }
                Ok(None) => return newest,
                Err(_) if self.stop.load(Ordering::SeqCst) => return newest,
                Err(_) => quiet += 1,
            }
        }
        newest
    }

    fn signed_in(&mut self, payload: &Value) -> u64 {
        self.heard.sign_ins.fetch_add(1, Ordering::Relaxed);
        let seq = payload["seq"].as_u64().unwrap();
        if !self.resumes || self.epoch.is_empty() {
            payload["epoch"].as_str().unwrap().clone_into(&mut self.epoch);
        }
        if !self.resumes {
            assert!(seq >= self.last, "{}: the log ends at {seq}, and {} was heard", self.user_id, self.last);
            self.last = seq;
        }
        seq
    }

    /// The server might lose acknowledged events; with a synchronous replica it does not.
    fn reload(&mut self, payload: &Value) {
        self.heard.reloads.fetch_add(1, Ordering::Relaxed);
        let seq = payload["seq"].as_u64().unwrap();
        assert!(seq >= self.last, "{}: the log ends at {seq}, and {} was heard", self.user_id, self.last);
        assert_eq!(payload["reason"], json!("epoch"), "{}: {payload}", self.user_id);
        self.last = seq;
        payload["epoch"].as_str().unwrap().clone_into(&mut self.epoch);
    }

    fn take(&mut self, name: &str, payload: &Value) {
        let seq = payload["seq"].as_u64();
        assert_eq!(seq, Some(self.last + 1), "{} after {}: {name} {payload}", self.user_id, self.last);
        self.last += 1;
        self.heard.events.fetch_add(1, Ordering::Relaxed);
        if payload["source"] == json!("realtime") {
            let mut arrivals = self.arrivals.0.lock();
            let count = arrivals.entry((self.epoch.clone(), self.last)).or_default();
            *count += 1;
            assert!(*count <= LIMIT, "{} has event {} over {count} sockets", self.user_id, self.last);
        }
    }
}
