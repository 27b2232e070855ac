//! Background tasks.
//!
//! Owns the handling of a panic: it is logged and counted, and a long-running task is restarted after a pause. Must not
//! know what a task does.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use crate::metrics::Metrics;

/// How a long-running task is restarted.
#[derive(Clone, Copy, Debug)]
pub struct Restarts {
    /// The pause before the first restart. It doubles with each panic in a row.
    pub first_pause: Duration,
    /// The longest pause. A task that has run this long without a panic starts again with the first pause.
    pub longest_pause: Duration,
}

impl Default for Restarts {
    fn default() -> Self {
        Self { first_pause: Duration::from_millis(100), longest_pause: Duration::from_secs(60) }
    }
}

/// A task has panicked. The panic is logged and counted already.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub struct Panicked(String);

/// Runs `work` until it ends or panics.
pub async fn catch_panic<T>(
    task: &'static str,
    metrics: &Metrics,
    work: impl Future<Output = T>,
) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|payload| report(task, metrics, payload.as_ref()))
}

/// The same for synchronous work.
pub fn catch_panic_now<T>(task: &'static str, metrics: &Metrics, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| report(task, metrics, payload.as_ref()))
}

fn report(task: &'static str, metrics: &Metrics, payload: &(dyn Any + Send)) -> Panicked {
    let panicked = Panicked(message(payload).to_owned());
    metrics.panicked(task);
    tracing::error!(task, panic = %panicked.0, "a background task panicked");
    panicked
}

/// Runs a task as long as the server runs: after a panic it is restarted.
pub async fn supervise<F: Future<Output = ()>>(
    task: &'static str,
    metrics: &Metrics,
    restarts: Restarts,
    start: impl Fn() -> F,
) {
    let mut pause = restarts.first_pause;
    loop {
        let started = Instant::now();
        if catch_panic(task, metrics, async { start().await }).await.is_ok() {
            return;
        }
        if started.elapsed() >= restarts.longest_pause {
            pause = restarts.first_pause;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(restarts.longest_pause);
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_counted_and_started_again_with_growing_pauses() {
        let (metrics, runs) = (Metrics::default(), AtomicU32::new(0));
        let restarts = Restarts { first_pause: Duration::from_millis(5), longest_pause: Duration::from_millis(10) };
        let started = Instant::now();
        let task = || async {
            assert!(runs.fetch_add(1, Ordering::SeqCst) >= 4, "not yet");
        };
        supervise("test", &metrics, restarts, task).await;
        assert_eq!(runs.load(Ordering::SeqCst), 5);
        assert!(started.elapsed() >= Duration::from_millis(5 + 10 + 10 + 10), "{:?}", started.elapsed());
        let text = metrics.encode().expect("text");
        assert!(text.contains(r#"tallywire_task_panics_total{task="test"} 4"#), "{text}");
    }
}
