//! The work of sending, for as long as the server runs.
//!
//! Owns which user's turn it is. Must not hold what waits in memory: that is the store's, however
//! long the core app is away.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::breaker::{Breaker, later, pause};
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
        let now = (self.clock)();
        if self.signals.breaker.lock().reopens_at().is_some_and(|until| now < until) {
            return Ok(false);
        }
        let mut started = false;
        for due in self.store.due_users(now, 4 * u32::try_from(CONCURRENCY).unwrap_or(u32::MAX)).await? {
            if !self.busy.lock().insert(due.user_id.clone()) {
                continue;
            }
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(false) };
            started = true;
            let worker = Arc::clone(self);
            tokio::spawn(async move {
                let _place = place;
                if let Err(error) = worker.turn(&due).await {
                    tracing::error!(%error, "an outbox turn failed");
                }
                worker.busy.lock().remove(&due.user_id);
                worker.signals.wake.notify_one();
            });
        }
        Ok(started)
    }

    /// Sends a user's transactions one after the other, until one fails or others should have a turn.
    async fn turn(&self, due: &DueUser) -> Result<()> {
        for outgoing in self.store.outgoing(due.user_id.clone(), TURN).await? {
            if !self.signals.breaker.lock().allows((self.clock)()) {
                return Ok(());
            }
            let started = std::time::Instant::now();
            let outcome = self.core_app.send(&outgoing).await;
            self.signals.metrics.called_core_app(outcome.word(), started.elapsed());
            let now = (self.clock)();
            let dead = match outcome {
                Outcome::Taken => None,
                Outcome::Refused(reason) => {
                    tracing::warn!(%reason, key = %outgoing.idempotency_key, "a transaction is a dead letter");
                    Some(reason)
                }
                Outcome::Later(reason) => {
                    self.signals.breaker.lock().failed(now, self.jitter());
                    let Retries { first_pause, quick } = self.retries;
                    let wait = pause(due.attempts.saturating_sub(quick), first_pause, LONGEST_PAUSE, self.jitter());
                    tracing::debug!(%reason, wait_ms = wait.as_millis(), "the core app is tried again later");
                    return self.store.postpone(due.user_id.clone(), later(now, wait), reason).await;
                }
                Outcome::Unauthorized(reason) => {
                    tracing::error!(%reason, "the core app refuses SERVICE_SECRET: nothing is sent until that is mended");
                    self.signals.breaker.lock().hold(now, UNAUTHORIZED_PAUSE);
                    return Ok(());
                }
            };
            self.signals.breaker.lock().succeeded();
            self.store.settle(due.user_id.clone(), outgoing.id, dead, now).await?;
        }
        Ok(())
    }

    fn jitter(&self) -> f64 {
        self.random.lock().f64()
    }

    async fn idle_time(&self) -> Duration {
        let next = self.store.next_due().await.ok().flatten();
        let now = (self.clock)();
        let breaker = self.signals.breaker.lock().reopens_at().map(|at| at.as_millisecond());
        // Where the breaker is open, it is what is waited for.
        let at = match (next, breaker) {
            (Some(next), Some(breaker)) => next.max(breaker),
            (Some(next), None) => next,
            (None, _) => return IDLE,
        };
        let wait = u64::try_from(at - now.as_millisecond()).unwrap_or_default();
        Duration::from_millis(wait.max(20)).min(IDLE)
    }
}
