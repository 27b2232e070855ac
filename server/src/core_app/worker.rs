//! The outbox worker.
//!
//! Owns whose turn it is, and the wait for the next turn: until a turn ends, a notification arrives, or a call is due.
//! Must not hold pending calls in memory: the store does, however long the core app is down.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};

use super::circuit_breaker::{CircuitBreaker, State};
use super::turn::{RetryPolicy, Transport, Turns};
use crate::clock::Clock;
use crate::lease::Validity;
use crate::metrics::Metrics;
use crate::store::{DueUser, Outbox, Result};

/// How many users have their turn at the same time.
const CONCURRENCY: usize = 16;
/// The longest wait when nothing is due: a wake-up from another node may be lost.
const IDLE: Duration = Duration::from_secs(10);
/// The wait after reading the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The parts that the worker shares with the rest of the server.
pub struct Signals {
    /// Notified when a call may be pending, or due at once.
    pub wake: Arc<Notify>,
    /// The circuit breaker of all calls.
    pub breaker: Arc<Mutex<CircuitBreaker>>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Whether this node still has the lease to make the calls.
    pub lease: Validity,
}

/// Sends the pending calls of the outbox.
pub struct Worker {
    turns: Arc<Turns>,
}

/// The turns in progress.
#[derive(Default)]
struct InProgress {
    tasks: JoinSet<()>,
    users: HashMap<Id, String>,
}

impl Worker {
    /// Creates a worker. `random` provides the jitter of the pauses.
    pub fn new(
        store: Arc<dyn Outbox>,
        transport: Arc<dyn Transport>,
        clock: Clock,
        retries: RetryPolicy,
        random: fastrand::Rng,
        signals: Signals,
    ) -> Self {
        let Signals { wake, breaker, metrics, lease } = signals;
        let (random, has_warned) = (Mutex::new(random), AtomicBool::new(false));
        let turns = Turns { store, transport, clock, retries, random, breaker, metrics, wake, lease, has_warned };
        Self { turns: Arc::new(turns) }
    }

    /// Works until it is dropped. Its turns are dropped with it.
    pub async fn run(&self) {
        let mut in_progress = InProgress::default();
        loop {
            let wait = self.start_turns(&mut in_progress).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the outbox could not be read");
                STORE_PAUSE
            });
            let has_room = in_progress.tasks.len() < CONCURRENCY;
            tokio::select! {
                () = in_progress.one_ended() => {}
                () = self.turns.wake.notified(), if has_room => {}
                () = tokio::time::sleep(wait), if has_room => {}
            }
        }
    }

    /// Starts the turns that are due and may start; returns how long to wait until the next one is due.
    async fn start_turns(&self, in_progress: &mut InProgress) -> Result<Duration> {
        let Turns { store, clock, breaker, .. } = &*self.turns;
        let room = CONCURRENCY - in_progress.tasks.len();
        let started = Instant::now();
        let limit = match breaker.lock().state(started) {
            State::Closed => room,
            State::ReadyToProbe => room.min(1),
            State::OpenUntil(until) => return Ok(until.saturating_duration_since(started).min(IDLE)),
            // The worker waits for the end of the probe's turn.
            State::Probing => return Ok(IDLE),
        };
        if limit == 0 {
            return Ok(IDLE);
        }
        let now = clock();
        // The due users may include users whose turn is in progress.
        let at_most = u32::try_from(limit + in_progress.tasks.len()).unwrap_or(u32::MAX);
        let due = store.due_users(now, at_most).await?;
        let due = due.into_iter().filter(|due| !in_progress.has(&due.user_id)).take(limit).collect::<Vec<_>>();
        due.into_iter().for_each(|due| in_progress.start(Arc::clone(&self.turns), due));
        let Some(next) = store.next_due(now).await? else { return Ok(IDLE) };
        let wait = u64::try_from(next.saturating_sub(clock().as_millisecond())).unwrap_or_default();
        Ok(Duration::from_millis(wait).min(IDLE))
    }
}

impl InProgress {
    fn has(&self, user_id: &str) -> bool {
        self.users.values().any(|in_progress| in_progress == user_id)
    }

    fn start(&mut self, turns: Arc<Turns>, due: DueUser) {
        let user_id = due.user_id.clone();
        let task = self.tasks.spawn(async move { turns.run(&due).await });
        self.users.insert(task.id(), user_id);
    }

    /// Waits until a turn has ended; for ever if none is in progress.
    async fn one_ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => drop(self.users.remove(&id)),
            Some(Err(error)) => drop(self.users.remove(&error.id())),
            None => std::future::pending().await,
        }
    }
}
