//! Background jobs: what runs beside the requests for as long as the server does.
//!
//! Owns how often each job runs, and that a panic in one of its rounds does not end the job. Must not contain a job's
//! work: each has a file.

mod external_changes;
mod rate_limits;
mod retention;
mod unfinished;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use crate::state::AppState;
use crate::tasks::{self, Restarts};

/// How often expired events and deliveries are deleted.
const RETENTION_EVERY: Duration = Duration::from_secs(600);
/// How often quarantined deliveries are requeued: at once for what a crash has left, and later for what an error has.
const UNFINISHED_EVERY: Duration = Duration::from_secs(60);
/// How often changes by other processes are looked up.
const EXTERNAL_CHANGES_EVERY: Duration = Duration::from_secs(15);
/// How often the state of idle callers is dropped.
const RATE_LIMITS_EVERY: Duration = Duration::from_secs(60);

/// Starts all jobs.
pub fn start(state: &AppState) -> Vec<JoinHandle<()>> {
    let watched = state.clone();
    let sockets = async move {
        tasks::supervise("sockets", &watched.metrics, Restarts::default(), || watched.sockets.run()).await;
    };
    vec![
        tokio::spawn(sockets),
        job("retention", state, RETENTION_EVERY, RETENTION_EVERY, retention::run),
        job("unfinished", state, Duration::ZERO, UNFINISHED_EVERY, unfinished::run),
        job("rate_limits", state, RATE_LIMITS_EVERY, RATE_LIMITS_EVERY, rate_limits::run),
        job("external_changes", state, EXTERNAL_CHANGES_EVERY, EXTERNAL_CHANGES_EVERY, external_changes::run),
    ]
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

/// Runs a round after `first`, and another each time after a pause; a round that panics is followed by the next one.
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
