//! The work of sending, for as long as the server runs.
//!
//! Owns which user's turn it is. Must not hold what waits in memory: that is the store's, however
//! long the core app is away.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::breaker::{Breaker, Room, pause};
use super::{CoreApp, Outcome};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::store::{DueUser, Result, Store};

/// How many users' queues are worked on at once.
const CONCURRENCY: usize = 16;
/// How many of a user's transactions are sent before others have their turn.
const TURN: u32 = 50;
/// How long nothing is sent when the core app refuses the secret.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause of one user's queue.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How long to sleep where nothing waits and nothing was said.
const IDLE: Duration = Duration::from_secs(30);
/// How long to sleep where somebody's time has come who has a turn already.
const SHORTEST_IDLE: Duration = Duration::from_millis(20);
/// How long a user waits whose turn the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How a queue whose head could not be sent goes on.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// The first pause.
    pub first_pause: Duration,
    /// How many tries have that pause before it grows.
    pub quick: u32,
}

/// What it shares with the rest of the server.
pub struct Signals {
    /// Notified when something new may wait.
    pub wake: Arc<Notify>,
    /// Whether it is paused.
    pub breaker: Arc<Mutex<Breaker>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// Sends what the outbox holds.
pub struct Worker {
    store: Arc<dyn Store>,
    core_app: CoreApp,
    clock: Clock,
    retries: Retries,
    random: Mutex<fastrand::Rng>,
    busy: Mutex<HashSet<String>>,
    signals: Signals,
}

impl Worker {
    /// `random` spreads the pauses.
    pub fn new(
        store: Arc<dyn Store>,
        core_app: CoreApp,
        clock: Clock,
        retries: Retries,
        random: fastrand::Rng,
        signals: Signals,
    ) -> Arc<Self> {
        let (busy, random) = (Mutex::default(), Mutex::new(random));
        Arc::new(Self { store, core_app, clock, retries, random, busy, signals })
    }

    /// Works until the task is dropped.
    pub async fn run(self: Arc<Self>) {
        let places = Arc::new(Semaphore::new(CONCURRENCY));
        loop {
            let started = self.start_turns(&places).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the outbox could not be read");
                false
            });
            if !started {
                tokio::select! {
                    () = self.signals.wake.notified() => {}
                    () = tokio::time::sleep(self.idle_time().await) => {}
                }
            }
        }
    }

    /// Starts a turn for each user whose time has come; whether there was one.
    async fn start_turns(self: &Arc<Self>, places: &Arc<Semaphore>) -> Result<bool> {
        let limit = match self.signals.breaker.lock().room(Instant::now()) {
            Room::All => 4 * u32::try_from(CONCURRENCY).unwrap_or(u32::MAX),
            Room::One => 1,
            Room::NoneUntil(_) | Room::None => return Ok(false),
        };
        let mut started = false;
        for due in self.store.due_users((self.clock)(), limit).await? {
            if !self.busy.lock().insert(due.user_id.clone()) {
                continue;
            }
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(false) };
            started = true;
            let worker = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(error) = worker.turn(&due).await {
                    tracing::error!(%error, "an outbox turn failed");
                    // What the store can't note down now would be sent over and over.
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                drop(place);
                worker.busy.lock().remove(&due.user_id);
                worker.signals.wake.notify_one();
            });
        }
        Ok(started)
    }

    /// Sends a user's transactions one after the other, until one fails or others should have a turn.
    async fn turn(&self, due: &DueUser) -> Result<()> {
        let mut attempts = due.attempts;
        for outgoing in self.store.outgoing(due.user_id.clone(), TURN).await? {
            if let Err(reason) = &outgoing.transaction {
                let reason = format!("it cannot be read: {reason}");
                self.store.settle(due.user_id.clone(), outgoing.id, Some(reason), (self.clock)()).await?;
                continue;
            }
            let begun = Instant::now();
            if !self.signals.breaker.lock().allows(begun) {
                return Ok(());
            }
            let outcome = self.core_app.send(&outgoing).await;
            self.signals.metrics.called_core_app(outcome.word(), begun.elapsed());
            let dead = match outcome {
                Outcome::Taken => None,
                Outcome::Refused(reason) => {
                    tracing::warn!(%reason, key = %outgoing.idempotency_key, "a transaction is a dead letter");
                    Some(reason)
                }
                Outcome::Later(reason) => {
                    self.signals.breaker.lock().failed(begun, Instant::now(), self.jitter());
                    return self.postpone(due, attempts, reason).await;
                }
                Outcome::Unauthorized(reason) => {
                    tracing::error!(%reason, "the core app refuses SERVICE_SECRET: nothing is sent until that is mended");
                    self.signals.breaker.lock().hold(Instant::now(), UNAUTHORIZED_PAUSE);
                    return Ok(());
                }
            };
            if self.signals.breaker.lock().close() {
                // It is up again, and everybody may know.
                self.signals.wake.notify_one();
            }
            attempts = 0;
            self.store.settle(due.user_id.clone(), outgoing.id, dead, (self.clock)()).await?;
        }
        Ok(())
    }

    /// The head of a user's queue could not be sent, after so many attempts before in a row.
    async fn postpone(&self, due: &DueUser, attempts: u32, reason: String) -> Result<()> {
        let Retries { first_pause, quick } = self.retries;
        let wait = pause(attempts.saturating_sub(quick), first_pause, LONGEST_PAUSE, self.jitter());
        tracing::debug!(%reason, wait_ms = wait.as_millis(), "the core app is tried again later");
        let until = (self.clock)().checked_add(wait).unwrap_or(Timestamp::MAX);
        self.store.postpone(due.user_id.clone(), until, reason).await
    }

    fn jitter(&self) -> f64 {
        self.random.lock().f64()
    }

    /// How long there is nothing to do, unless somebody says so.
    async fn idle_time(&self) -> Duration {
        let now = Instant::now();
        let room = self.signals.breaker.lock().room(now);
        let wait = match room {
            Room::NoneUntil(until) => until.saturating_duration_since(now),
            // The one try says when it has ended.
            Room::None => IDLE,
            Room::All | Room::One => match self.store.next_due().await.ok().flatten() {
                Some(next) => {
                    Duration::from_millis(u64::try_from(next - (self.clock)().as_millisecond()).unwrap_or_default())
                }
                None => IDLE,
            },
        };
        wait.clamp(SHORTEST_IDLE, IDLE)
    }
}
