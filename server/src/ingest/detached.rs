//! Work that continues when its caller no longer waits.
//!
//! Owns that the result is not lost: the caller gets it, or else a given function. Must not know the work.

use std::future::Future;
use std::time::Duration;

use tokio::sync::oneshot;

/// Starts `work` and waits for its result, at most for `timeout`. If it takes longer, returns `None`, and `abandoned`
/// gets the result later.
pub(super) async fn run<T, W>(work: W, timeout: Duration, abandoned: impl FnOnce(T) + Send + 'static) -> Option<T>
where
    W: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let (result, mut waiting) = oneshot::channel();
    tokio::spawn(async move {
        if let Err(unheard) = result.send(work.await) {
            abandoned(unheard);
        }
    });
    if let Ok(finished) = tokio::time::timeout(timeout, &mut waiting).await {
        return finished.ok();
    }
    // Receives a result that was sent after the timeout, so that it is not lost.
    waiting.close();
    waiting.try_recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_result_after_the_timeout_is_not_dropped() {
        let (open, gate) = oneshot::channel::<()>();
        let (sender, receiver) = oneshot::channel();
        let work = async move {
            let _ = gate.await;
            Err::<(), _>("the disk is full")
        };
        let waited = run(work, Duration::ZERO, move |result| _ = sender.send(result)).await;
        assert_eq!(waited, None);
        open.send(()).expect("it is still running");
        assert_eq!(receiver.await, Ok(Err("the disk is full")));
    }

    #[tokio::test]
    async fn a_result_in_time_is_the_callers_alone() {
        let (sender, receiver) = oneshot::channel::<u32>();
        assert_eq!(run(async { 7 }, Duration::from_secs(60), move |result| _ = sender.send(result)).await, Some(7));
        assert!(receiver.await.is_err(), "only the caller has it");
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_result_as_well() {
        let (sender, receiver) = oneshot::channel();
        let (open, gate) = oneshot::channel::<()>();
        let work = async move {
            let _ = gate.await;
            7
        };
        let caller = tokio::spawn(run(work, Duration::from_secs(60), move |result| _ = sender.send(result)));
        tokio::task::yield_now().await;
        caller.abort();
        let _ = caller.await;
        open.send(()).expect("it is still running");
        assert_eq!(receiver.await, Ok(7));
    }
}
