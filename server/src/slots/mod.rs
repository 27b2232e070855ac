//! Connection slots: a user's sockets and streams, counted over all nodes.
//!
//! Owns that a slot is taken before a subscriber joins and returned when it leaves, and that this node disconnects its
//! subscribers before others may take their slots. Must not know rooms or transports: a subscriber with a [`Slot`] may
//! join.
//!
//! A node's registration in the database is valid for a time, and the node renews it. The slots of an expired
//! registration do not count. A node that could not renew its registration gives up all its slots some time before it
//! expires, by the monotonic clock, which keeps running while the process is frozen. Then it registers anew.

mod counts;
mod error;
mod recorder;
mod registration;
mod slot;
mod times;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::metrics::Metrics;
use crate::store::{self, Store};
use crate::tasks::{self, Restarts};
use error::unavailable;
use recorder::{Recorder, Request};
use registration::{Current, Registration};

pub use error::Error;
pub use slot::Slot;
pub use times::Times;

/// How long a stopping node waits for the database.
const END_LIMIT: Duration = Duration::from_secs(2);
/// How often a slot is requested if none is free, and the pauses in between. A client that has just left another node
/// may arrive here before its slot is free again.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(300);

/// The slots of this node.
pub struct NodeSlots {
    store: Arc<dyn Store>,
    times: Times,
    limit: u32,
    /// `None` while there is no valid registration.
    current: Current,
    requests: mpsc::UnboundedSender<Request>,
    /// Taken when the task starts.
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Request>>,
}

impl NodeSlots {
    /// Registers this node. `None` if the store has only one node, which then counts its subscribers itself.
    pub async fn register(store: Arc<dyn Store>, limit: u32, times: Times) -> store::Result<Option<Arc<Self>>> {
        let Some(first) = Registration::begin(store.as_ref(), times).await? else { return Ok(None) };
        let (requests, waiting) = mpsc::unbounded_channel();
        let (current, waiting) = (Current::new(Some(Arc::new(first))), tokio::sync::Mutex::new(waiting));
        Ok(Some(Arc::new(Self { store, times, limit, current, requests, waiting })))
    }

    /// A slot of the user. Dropping it returns it.
    pub async fn acquire(&self, user_id: &Arc<str>) -> Result<Slot, Error> {
        let mut attempt = 1;
        loop {
            match self.ask(user_id).await {
                Err(Error::Full) if attempt < ATTEMPTS && self.used(user_id) < self.limit => attempt += 1,
                answer => return answer,
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask(&self, user_id: &Arc<str>) -> Result<Slot, Error> {
        if self.used(user_id) >= self.limit {
            return Err(Error::Full);
        }
        let (answer, answered) = oneshot::channel();
        let _ = self.requests.send(Request { user_id: Arc::clone(user_id), answer });
        let slot = answered.await.map_err(|_| unavailable())??;
        if slot.is_valid() { Ok(slot) } else { Err(unavailable().into()) }
    }

    /// The number of the user's slots on this node.
    fn used(&self, user_id: &str) -> u32 {
        self.current().map_or(0, |registration| registration.counts.used(user_id))
    }

    fn current(&self) -> Option<Arc<Registration>> {
        self.current.lock().clone()
    }

    /// Takes and returns slots and renews the registration, until the future is dropped. `lapsed` is called after the
    /// registration was given up: every subscriber has to be disconnected.
    pub async fn run(&self, metrics: &Metrics, lapsed: impl Fn()) {
        let restarts = Restarts { longest_pause: Duration::from_secs(1), ..Restarts::default() };
        let recording = tasks::supervise("slots", metrics, restarts, || async {
            let recorder = Recorder { store: self.store.as_ref(), limit: self.limit, current: &self.current };
            recorder.run(&mut *self.waiting.lock().await).await;
        });
        let renewing = tasks::supervise("registration", metrics, restarts, || self.stay_registered(&lapsed));
        tokio::join!(recording, renewing);
    }

    async fn stay_registered(&self, lapsed: &impl Fn()) {
        loop {
            let registration = match self.current() {
                Some(registration) => registration,
                None => self.register_again().await,
            };
            registration.renew(self.store.as_ref(), self.times).await;
            tracing::warn!("this node's registration has lapsed: its sockets and streams are disconnected");
            *self.current.lock() = None;
            registration.give_up();
            lapsed();
        }
    }

    async fn register_again(&self) -> Arc<Registration> {
        let mut is_failing = false;
        loop {
            match Registration::begin(self.store.as_ref(), self.times).await {
                Ok(Some(begun)) => {
                    let registration = Arc::new(begun);
                    *self.current.lock() = Some(Arc::clone(&registration));
                    tracing::info!("this node is registered again: users can sign in");
                    return registration;
                }
                Ok(None) => {}
                Err(error) if is_failing => tracing::debug!(%error, "this node still cannot be registered"),
                Err(error) => {
                    tracing::warn!(%error, "this node cannot be registered: nobody can sign in");
                    is_failing = true;
                }
            }
            sleep(Duration::from_secs(1).min(self.times.every)).await;
        }
    }

    /// Frees every slot of this node at once. The subscribers must have been disconnected, and the task stopped.
    pub async fn end(&self) {
        let Some(registration) = self.current.lock().take() else { return };
        registration.give_up();
        let ended = timeout(END_LIMIT, self.store.end_node(registration.id)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("this node's slots could not be freed in time: they will expire");
        }
    }
}
