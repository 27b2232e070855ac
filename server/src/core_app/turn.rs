//! One user's turn: the pending calls of one user, in order.
//!
//! Owns what follows from each outcome: settle, retry later, stop. Must not decide whose turn it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::circuit_breaker::{Attempt, CircuitBreaker};
use super::{Call, Outcome};
use crate::backoff::backoff;
use crate::clock::Clock;
use crate::lease::Validity;
use crate::metrics::Metrics;
use crate::store::{DueUser, Outbox, Result};
use crate::tasks;
use crate::telemetry::spans;

/// The label of turns among the background tasks.
const TASK: &str = "outbox_turn";
/// How many calls of one user are sent before the next user's turn.
const CALLS_PER_TURN: u32 = 50;
/// How long nothing is sent after the core app has refused the service secret.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause of one user's queue.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How long a user's queue pauses after the store has failed: a call whose outcome could not be recorded would
/// otherwise be sent over and over.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// When a failed call is sent again.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The first pause.
    pub first_pause: Duration,
    /// How many retries use that pause before it grows.
    pub quick: u32,
}

/// How a call reaches the core app.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends a call. A repetition with the same key has no effect if the first one arrived.
    async fn send(&self, call: &Call, idempotency_key: &str) -> Outcome;
}

/// The parts that a turn needs.
pub(super) struct Turns {
    pub(super) store: Arc<dyn Outbox>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Clock,
    pub(super) retries: RetryPolicy,
    pub(super) random: Mutex<fastrand::Rng>,
    pub(super) breaker: Arc<Mutex<CircuitBreaker>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) wake: Arc<Notify>,
    pub(super) lease: Validity,
    /// Whether a warning was logged that the core app does not support deletions.
    pub(super) has_warned: AtomicBool,
}

impl Turns {
    /// Sends a user's pending calls until one fails or the turn is over. Whatever happens, even a panic, the user's
    /// queue continues later.
    pub(super) async fn run(&self, due: &DueUser) {
        let sent = match tasks::catch_panic(TASK, &self.metrics, self.send_pending(due)).await {
            Ok(sent) => sent,
            Err(panicked) => self.postpone(due, due.attempts, panicked.to_string()).await,
        };
        if let Err(error) = sent {
            tracing::error!(%error, user.id = %due.user_id, "the outbox of a user could not be processed");
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    async fn send_pending(&self, due: &DueUser) -> Result<()> {
        let mut attempts = due.attempts;
        let pending = self.store.outgoing(due.user_id.clone(), CALLS_PER_TURN).await?;
        if pending.is_empty() {
            // An administrator has settled the calls meanwhile. The pause prevents a busy loop if the user stays due.
            tokio::time::sleep(STORE_PAUSE).await;
        }
        for outgoing in pending {
            let call = match outgoing.transaction {
                Ok(transaction) if outgoing.is_deletion => {
                    Call::Delete { key: transaction.key(), user_id: transaction.user_id }
                }
                Ok(transaction) => Call::Put(Box::new(transaction)),
                Err(reason) => {
                    let reason = format!("it cannot be read: {reason}");
                    self.store.settle(due.user_id.clone(), outgoing.id, Some(reason), (self.clock)()).await?;
                    continue;
                }
            };
            // Another node may have sent newer calls by now. This worker is about to be dropped.
            if !self.lease.is_valid() {
                tokio::time::sleep(STORE_PAUSE).await;
                return Ok(());
            }
            let Some(attempt) = Attempt::start(&self.breaker, Instant::now()) else { return Ok(()) };
            let outcome = self.transport.send(&call, &outgoing.idempotency_key).await;
            self.metrics.called_core_app(outcome.label(), attempt.started().elapsed());
            spans::called_core_app(&due.user_id, &outgoing.idempotency_key, outcome.label());
            let dead_letter = match outcome {
                Outcome::Delivered => None,
                Outcome::NotSupported => {
                    self.warn_once();
                    None
                }
                Outcome::Rejected(reason) => {
                    tracing::warn!(
                        %reason, user.id = %due.user_id, key = %outgoing.idempotency_key,
                        "the core app rejected a call, which is now a dead letter"
                    );
                    Some(reason)
                }
                Outcome::Retry(reason) => {
                    attempt.failed(Instant::now(), self.jitter());
                    return self.postpone(due, attempts, reason).await;
                }
                Outcome::Unauthorized(reason) => {
                    tracing::error!(%reason, "the core app refuses SERVICE_SECRET: nothing is sent until it is corrected");
                    attempt.unauthorized(Instant::now(), UNAUTHORIZED_PAUSE);
                    return Ok(());
                }
            };
            if attempt.succeeded() {
                tracing::info!("the core app answers again");
                // The worker is waiting for this turn, but other users' turns may start now.
                self.wake.notify_one();
            }
            attempts = 0;
            self.store.settle(due.user_id.clone(), outgoing.id, dead_letter, (self.clock)()).await?;
        }
        Ok(())
    }

    /// Postpones a queue whose first call has failed. `attempts` failures in a row came before.
    async fn postpone(&self, due: &DueUser, attempts: u32, reason: String) -> Result<()> {
        let RetryPolicy { first_pause, quick } = self.retries;
        let wait = backoff(attempts.saturating_sub(quick), first_pause, LONGEST_PAUSE, self.jitter());
        tracing::debug!(
            %reason, user.id = %due.user_id, wait_ms = wait.as_millis(),
            "a call to the core app will be retried later"
        );
        let until = (self.clock)().checked_add(wait).unwrap_or(Timestamp::MAX);
        self.store.postpone(due.user_id.clone(), until, reason).await
    }

    fn warn_once(&self) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the core app does not support deletions: it keeps transactions that their providers have deleted"
            );
        }
    }

    fn jitter(&self) -> f64 {
        self.random.lock().f64()
    }
}
