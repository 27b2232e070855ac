//! Background jobs, which run as long as the server does.
//!
//! Owns how often each job runs, and that a panic in one round does not end the job. Must not contain a job's work,
//! which is in a file for each job.

mod connects;
mod external_changes;
mod memory;
mod rate_limits;
mod retention;
mod shared_limits;
mod unfinished;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::lease::LeaseHolder;
use crate::limits::Shared;
use crate::metrics::Metrics;
use crate::state::AppState;
use crate::store::Store;
use crate::tasks::{self, Restarts};

/// How often expired events and deliveries are deleted.
const RETENTION_EVERY: Duration = Duration::from_secs(600);
/// How often backlogs are resumed: a crash or an error may have left some.
const UNFINISHED_EVERY: Duration = Duration::from_secs(60);
/// How often to look for attempts to connect a bank that were interrupted by a stop or a crash.
const CONNECTS_EVERY: Duration = Duration::from_secs(5);
/// How often to look for changes by other processes.
const EXTERNAL_CHANGES_EVERY: Duration = Duration::from_secs(10);
/// How often to check whether many subscribers have left.
const MEMORY_EVERY: Duration = Duration::from_secs(5);
/// How often the state of idle callers is dropped.
const RATE_LIMITS_EVERY: Duration = Duration::from_secs(60);

/// Starts all jobs. Those that process the whole store run on one node at a time.
pub fn start(state: &AppState, leases: &Arc<LeaseHolder>) -> Vec<JoinHandle<()>> {
    let watched = state.clone();
    let sockets = async move {
        tasks::supervise("sockets", &watched.metrics, Restarts::default(), || watched.sockets.run()).await;
    };
    let departures = Arc::new(memory::Departures::default());
    let mut jobs = vec![
        tokio::spawn(sockets),
        leased_job("retention", (state, leases), RETENTION_EVERY, RETENTION_EVERY, retention::run),
        leased_job("unfinished", (state, leases), Duration::ZERO, UNFINISHED_EVERY, unfinished::run),
        job("connects", state, Duration::ZERO, CONNECTS_EVERY, connects::run),
        job("memory", state, MEMORY_EVERY, MEMORY_EVERY, move |state| memory::run(state, Arc::clone(&departures))),
        job("rate_limits", state, RATE_LIMITS_EVERY, RATE_LIMITS_EVERY, rate_limits::run),
        job("external_changes", state, EXTERNAL_CHANGES_EVERY, EXTERNAL_CHANGES_EVERY, external_changes::run),
    ];
    jobs.extend(state.limits.shared().map(|shared| report_limits(state, shared)));
    jobs
}

/// Reports to the other nodes how much of the limits this node has spent.
fn report_limits(state: &AppState, shared: &Arc<Shared>) -> JoinHandle<()> {
    let (shared, store, metrics) = (Arc::clone(shared), Arc::clone(&state.store), Arc::clone(&state.metrics));
    let report = move || shared_limits::run(Arc::clone(&shared), Arc::clone(&store));
    tokio::spawn(async move { tasks::supervise("shared_limits", &metrics, Restarts::default(), report).await })
}

fn job<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    state: &AppState,
    first: Duration,
    every: Duration,
    round: impl Fn(AppState) -> F + Send + Sync + 'static,
) -> JoinHandle<()> {
    let (state, metrics) = (state.clone(), Arc::clone(&state.metrics));
    tokio::spawn(async move { repeat(name, &metrics, first, every, || round(state.clone())).await })
}

/// A job that runs on the node with its lease. A round must write only to the store that it is given.
fn leased_job<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    (state, leases): (&AppState, &Arc<LeaseHolder>),
    first: Duration,
    every: Duration,
    round: impl Fn(AppState, Arc<dyn Store>) -> F + Send + Sync + 'static,
) -> JoinHandle<()> {
    let (state, leases, round) = (state.clone(), Arc::clone(leases), Arc::new(round));
    let rounds = move |store: Arc<dyn Store>, _| {
        let (state, round) = (state.clone(), Arc::clone(&round));
        async move { repeat(name, &state.metrics, first, every, || round(state.clone(), Arc::clone(&store))).await }
    };
    tokio::spawn(async move { leases.hold(name, rounds).await })
}

/// Runs a round after `first`, then more of them with a pause in between. After a panic the next round runs as usual.
async fn repeat<F: Future<Output = ()>>(
    name: &'static str,
    metrics: &Metrics,
    first: Duration,
    every: Duration,
    round: impl Fn() -> F,
) {
    tokio::time::sleep(first).await;
    loop {
        // A panic is logged and counted; the next round is the retry.
        let _ = tasks::catch_panic(name, metrics, async { round().await }).await;
        tokio::time::sleep(every).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_job_goes_on_after_a_round_that_panics() {
        let (metrics, rounds, third) = (Metrics::default(), AtomicU32::new(0), Notify::new());
        let round = || async {
            match rounds.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("the first round"),
                2 => third.notify_one(),
                _ => {}
            }
        };
        tokio::select! {
            () = repeat("test", &metrics, Duration::ZERO, Duration::from_millis(1), round) => {}
            done = tokio::time::timeout(Duration::from_secs(10), third.notified()) => done.expect("a third round"),
        }
        let text = metrics.encode().expect("text");
        assert!(text.contains(r#"tallywire_task_panics_total{task="test"} 1"#), "{text}");
    }
}
