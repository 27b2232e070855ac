//! The sync worker.
//!
//! Owns which connections are being synced, one run for each at a time, and when a failed run is retried. Must not
//! keep requests in memory: the store does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use connectors::Registry;
use connectors::fetch::{Credentials, FetchError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};

use super::apis::Apis;
use super::credentials::CredentialKeys;
use super::run::{Interrupted, Progress, RunContext, RunError, Told, linked};
use crate::backoff::backoff;
use crate::clock::{Clock, rfc3339};
use crate::metrics::Metrics;
use crate::store::{self, DueSync, Store, SyncError, SyncErrorKind, SyncKey};

/// How many connections are synced at once.
const CONCURRENCY: usize = 16;
/// The longest wait when nothing is due: a wake-up from another node may be lost.
const IDLE: Duration = Duration::from_secs(10);
/// The wait after reading the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The first pause after a failure, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause of a connection that only its user can repair.
const REST: Duration = Duration::from_secs(6 * 3600);

/// The longest reason of a failure, in characters.
const LONGEST_REASON: usize = 300;

/// How often and how far back connections are synced.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The time between two runs; `None` if only requests start runs.
    pub every: Option<Duration>,
    /// How many days back the first run reaches.
    pub history_days: u32,
}

/// The parts that the worker shares with the rest of the server.
pub struct Signals {
    /// Notified when a connection may be due.
    pub wake: Arc<Notify>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Syncs the connections that are due.
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    apis: Arc<Apis>,
    keys: CredentialKeys,
    schedule: Schedule,
    clock: Clock,
    signals: Signals,
    random: Mutex<fastrand::Rng>,
    /// Runs whose last attempt has failed.
    interrupted: Mutex<HashMap<SyncKey, Interrupted>>,
}

/// The runs in progress.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    keys: HashMap<Id, SyncKey>,
}

impl Worker {
    /// Creates a worker. `random` provides the jitter of the pauses.
    pub fn new(
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        apis: Arc<Apis>,
        keys: CredentialKeys,
        schedule: Schedule,
        (clock, random): (Clock, fastrand::Rng),
        signals: Signals,
    ) -> Self {
        let (random, interrupted) = (Mutex::new(random), Mutex::default());
        let inner = Inner { store, registry, apis, keys, schedule, clock, signals, random, interrupted };
        Self { inner: Arc::new(inner) }
    }

    /// Works until it is dropped. Its runs are dropped with it.
    pub async fn run(&self) {
        let mut under_way = UnderWay::default();
        if let Err(error) = self.inner.schedule().await {
            tracing::error!(%error, "connections that were never synced could not be scheduled");
        }
        loop {
            let wait = self.start_runs(&mut under_way).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the due connections could not be read");
                STORE_PAUSE
            });
            let has_room = under_way.tasks.len() < CONCURRENCY;
            tokio::select! {
                () = under_way.one_ended() => {}
                () = self.inner.signals.wake.notified(), if has_room => {}
                () = tokio::time::sleep(wait), if has_room => {}
            }
        }
    }

    /// Starts the runs that are due; returns how long to wait until the next one is due.
    async fn start_runs(&self, under_way: &mut UnderWay) -> store::Result<Duration> {
        let room = CONCURRENCY - under_way.tasks.len();
        if room == 0 {
            return Ok(IDLE);
        }
        let now = (self.inner.clock)();
        // The due connections may include those with a run in progress.
        let at_most = u32::try_from(CONCURRENCY + under_way.tasks.len()).unwrap_or(u32::MAX);
        let due = self.inner.store.due_syncs(now, at_most).await?;
        let due: Vec<_> = due.into_iter().filter(|due| !under_way.has(&due.key)).take(room).collect();
        due.into_iter().for_each(|due| under_way.start(Arc::clone(&self.inner), due));
        let Some(next) = self.inner.store.next_sync(now).await? else { return Ok(IDLE) };
        let wait = u64::try_from(next.saturating_sub((self.inner.clock)().as_millisecond())).unwrap_or_default();
        Ok(Duration::from_millis(wait).min(IDLE))
    }
}

impl UnderWay {
    fn has(&self, key: &SyncKey) -> bool {
        self.keys.values().any(|under_way| under_way == key)
    }

    fn start(&mut self, inner: Arc<Inner>, due: DueSync) {
        let key = due.key.clone();
        let task = self.tasks.spawn(async move { inner.ask(&due).await });
        self.keys.insert(task.id(), key);
    }

    /// Waits until a run has ended; for ever if none is in progress.
    async fn one_ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => drop(self.keys.remove(&id)),
            Some(Err(error)) => {
                tracing::error!(%error, "a run panicked");
                self.keys.remove(&error.id());
                // The run is still due and would be started again at once.
                tokio::time::sleep(STORE_PAUSE).await;
            }
            None => std::future::pending().await,
        }
    }
}

impl Inner {
    /// Schedules connections that were registered before their connector could fetch.
    async fn schedule(&self) -> store::Result<()> {
        let can_be_asked = self.registry.iter().filter(|provider| provider.fetch().is_some());
        let connectors = can_be_asked.map(|provider| provider.description().id.to_owned()).collect();
        self.store.schedule_syncs(connectors, (self.clock)()).await
    }

    /// One attempt at a run.
    async fn ask(&self, due: &DueSync) {
        let outcome = self.attempt(due).await;
        let connection = &due.key.connection_id;
        let error = match outcome {
            Ok(()) => return self.signals.metrics.synced(&due.key.connector_id, "complete"),
            Err(RunError::Store(store::Error::NotFound)) => {
                self.interrupted.lock().remove(&due.key);
                return tracing::info!(connection, "the connection was removed during its sync run");
            }
            Err(error) => error,
        };
        self.signals.metrics.synced(&due.key.connector_id, "failed");
        tracing::warn!(connection, connector = due.key.connector_id, %error, "a connection could not be synced");
        if let Err(error) = self.note_failure(due, &error).await {
            tracing::error!(%error, "a failure could not be recorded");
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    async fn attempt(&self, due: &DueSync) -> Result<(), RunError> {
        let refused = |reason: String| FetchError::Refused { reason };
        let provider = self
            .registry
            .get(&due.key.connector_id)
            .ok_or_else(|| refused("its connector no longer exists".to_owned()))?;
        let fetch = provider.fetch().ok_or_else(|| refused("its connector cannot fetch".to_owned()))?;
        let credentials = match &due.credentials {
            Some(sealed) => {
                let of = (due.key.connector_id.as_str(), due.key.connection_id.as_str());
                self.keys.open(sealed, of).map_err(|error| refused(error.to_string()))?
            }
            None => Credentials::default(),
        };
        if let Some(obstacle) = fetch.obstacle(&linked(due, &credentials)) {
            return Err(refused(obstacle).into());
        }
        let api =
            self.apis.of(&due.key.connector_id).ok_or_else(|| refused("its address is not configured".to_owned()))?;
        let now = (self.clock)();
        let context = RunContext {
            store: self.store.as_ref(),
            provider: provider.as_ref(),
            api,
            credentials: &credentials,
            first_day: self.first_day(now),
            clock: self.clock.as_ref(),
        };
        let interrupted = self.interrupted.lock().remove(&due.key);
        let mut progress = match interrupted.map_or_else(|| Err(Told::default()), |run| run.resumed(now)) {
            Ok(progress) => progress,
            Err(told) => Progress::new(self.store.begin_sync(due.key.clone()).await?, due, now, told),
        };
        let next = self.next_run(now);
        let ended = progress.go_on(&context, due, next).await;
        if let Err(error) = &ended {
            self.interrupted.lock().insert(due.key.clone(), progress.after(error, (self.clock)()));
        }
        ended
    }

    async fn note_failure(&self, due: &DueSync, error: &RunError) -> store::Result<()> {
        let now = (self.clock)();
        let (kind, pause) = match error {
            RunError::Fetch(FetchError::Later { after, .. }) => {
                (SyncErrorKind::Temporary, self.pause(due.attempts, *after))
            }
            RunError::Fetch(FetchError::ConsentNeeded { .. }) => (SyncErrorKind::Consent, REST),
            RunError::Fetch(FetchError::Refused { .. }) => {
                (SyncErrorKind::Configuration, self.pause(due.attempts + 6, None))
            }
            RunError::Fetch(FetchError::Gone { .. }) => (SyncErrorKind::Gone, REST),
            RunError::Fetch(FetchError::Restart { .. } | FetchError::NotUnderstood { .. }) | RunError::Store(_) => {
                (SyncErrorKind::Temporary, self.pause(due.attempts, None))
            }
        };
        let reason = connectors::readable(&error.to_string(), LONGEST_REASON).unwrap_or_default();
        let noted = SyncError { kind, reason, at: rfc3339(now) };
        let Some(provider) = self.registry.get(&due.key.connector_id) else { return Ok(()) };
        let at = later(now, pause);
        self.store.fail_sync(due.key.clone(), provider.description().into(), noted, at, now).await
    }

    fn pause(&self, attempts: u32, at_least: Option<Duration>) -> Duration {
        let jitter = self.random.lock().f64();
        backoff(attempts, FIRST_PAUSE, LONGEST_PAUSE, jitter).max(at_least.unwrap_or_default())
    }

    /// The time of a connection's next run after a complete one.
    fn next_run(&self, now: Timestamp) -> Timestamp {
        self.schedule.every.map_or(Timestamp::MAX, |every| later(now, every))
    }

    fn first_day(&self, now: Timestamp) -> Date {
        let today = now.to_zoned(TimeZone::UTC).date();
        today.checked_sub(Span::new().days(i64::from(self.schedule.history_days))).unwrap_or(today)
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
