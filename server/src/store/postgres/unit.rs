//! A unit of work: one database transaction.
//!
//! Owns that its events are sent after the commit and never before, and that it is retried if the database rolled it back
//! in favour of another transaction. Must not know what it reads or writes.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ledger::Context;
use parking_lot::Mutex;

use super::history::History;
use super::leases;
use super::lent::Lent;
use super::pool::Pool;
use crate::metrics::Commits;
use crate::store::rows::Scope;
use crate::store::shared::Shared;
use crate::store::{CommitSink, Epoch, Error, FeedEvent, Lease, Result};
use crate::telemetry::spans::DeliveryId;

/// The maximum number of attempts at a unit of work.
const ATTEMPTS: u32 = 6;

/// How long the work of a unit may take. A statement is cancelled before that, and so is waiting for a lock: beyond it the
/// database has gone silent.
pub(super) const LIMIT: Duration = Duration::from_secs(40);

/// Starts units of work. Cheap to clone.
#[derive(Clone)]
pub(super) struct Units {
    pub(super) pool: Pool,
    pub(super) shared: Arc<Shared>,
    pub(super) history: Arc<History>,
    sink: Arc<Mutex<CommitSink>>,
    counted: Arc<OnceLock<Commits>>,
    /// The lease that they hold, for work that one node at a time does.
    lease: Option<Lease>,
}

/// One attempt at a unit of work.
pub(super) struct Unit {
    pub(super) database: Lent,
    /// The events to send after the commit.
    pub(super) events: Vec<FeedEvent>,
    pub(super) shared: Arc<Shared>,
    pub(super) history: Arc<History>,
    /// The epoch of the events' numbers, as of the owner's lock.
    pub(super) epoch: Epoch,
    pub(super) now: Timestamp,
    /// The delivery that causes it, for the log.
    pub(super) delivery: Option<DeliveryId>,
    /// Whether it records a push.
    pub(super) is_pushed: bool,
    /// Whether it leaves transactions to be moved or purged.
    pub(super) has_moves: bool,
    /// The number of writes it counts as, for the metrics.
    pub(super) jobs: usize,
    units: Units,
}

/// Runs `$work`, which borrows `$unit`, in its own database transaction and commits; evaluates to the [`Result`]. If the
/// database rolls it back in favour of another transaction, it is retried, so the work has to be repeatable. A macro,
/// because the compiler cannot prove that a closure's future is [`Send`] here.
macro_rules! in_unit {
    ($store:expr, $now:expr, |$unit:ident| $work:expr) => {{
        let mut tries = 0;
        loop {
            let mut started = match $store.units().begin($now).await {
                Ok(started) => started,
                Err(error) => break Err(error),
            };
            let $unit = &mut started;
            let done = $crate::store::postgres::lent::within($crate::store::postgres::unit::LIMIT, $work).await;
            if let Some(done) = started.end(done, &mut tries).await {
                break done;
            }
        }
    }};
}
pub(super) use in_unit;

impl Units {
    pub(super) fn new(pool: Pool, history: Arc<History>, sink: CommitSink) -> Self {
        let shared = Shared::new(Arc::clone(&history.epochs));
        let (shared, sink) = (Arc::new(shared), Arc::new(Mutex::new(sink)));
        Self { pool, shared, history, sink, counted: Arc::default(), lease: None }
    }

    /// The same under a lease.
    pub(super) fn under(&self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self.clone() }
    }

    /// Whether they are under no lease.
    pub(super) fn is_free(&self) -> bool {
        self.lease.is_none()
    }

    /// For [`in_unit`], which also accepts a store.
    pub(super) fn units(&self) -> &Self {
        self
    }

    /// Counts commits from now on.
    pub(super) fn count(&self, commits: Commits) {
        let _ = self.counted.set(commits);
    }

    /// Begins a unit of work.
    pub(super) async fn begin(&self, now: Timestamp) -> Result<Unit> {
        let now = as_written(now);
        let mut database = self.pool.begin().await?;
        if let Some(lease) = &self.lease {
            leases::enter(&mut database, lease).await?;
        }
        Ok(Unit {
            database,
            events: Vec::new(),
            shared: Arc::clone(&self.shared),
            history: Arc::clone(&self.history),
            epoch: self.history.epochs.current(),
            now,
            delivery: None,
            is_pushed: false,
            has_moves: false,
            jobs: 1,
            units: self.clone(),
        })
    }
}

/// Rounds a time to milliseconds, as it is stored.
pub(super) fn as_written(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

impl Unit {
    /// The ledger's context for changes at this place in the order of arrival.
    pub(super) fn context<'c>(&'c self, scope: &Scope<'c>, arrival: i64) -> Context<'c> {
        self.shared.context(scope, &self.epoch, self.now, self.is_pushed, arrival)
    }

    /// Commits on success, else rolls back; returns nothing if the unit of work has to be retried.
    pub(super) async fn end<T>(self, done: Result<T>, tries: &mut u32) -> Option<Result<T>> {
        let ended = match done {
            Ok(done) => self.commit().await.map(|()| done),
            Err(error) => {
                self.database.rollback().await;
                Err(error)
            }
        };
        *tries += 1;
        match ended {
            Err(Error::Undone(reason)) if *tries < ATTEMPTS => {
                tracing::debug!(reason, "a unit of work is retried");
                let pause = fastrand::u64(..=4_u64 << *tries);
                tokio::time::sleep(Duration::from_millis(pause)).await;
                None
            }
            ended => Some(ended),
        }
    }

    /// Commits and sends the events. In its own task: if the caller goes away, committed events must still be sent.
    async fn commit(self) -> Result<()> {
        let Self { database, events, has_moves, jobs, units, .. } = self;
        let commit = tokio::spawn(async move {
            let started = Instant::now();
            database.commit().await?;
            if let Some(counted) = units.counted.get() {
                counted.committed(jobs, started.elapsed());
            }
            if has_moves {
                units.shared.has_moves();
            }
            if !events.is_empty() {
                units.history.committed(&events);
                (units.sink.lock())(events);
            }
            Ok(())
        });
        commit.await.map_err(|error| Error::Unavailable(error.to_string()))?
    }
}
