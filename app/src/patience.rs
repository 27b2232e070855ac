//! How long an answer over HTTP is waited for.
//!
//! Owns the limit. A request that hangs, in a network that has gone without a word, would otherwise keep
//! every later one from being made. Must not know what is asked.

use std::pin::pin;
use std::task::Poll;

use crate::AppError;
use crate::realtime::sleep;

const LIMIT_MS: u32 = 30_000;

/// The answer, or that there is none: then the request is given up.
pub(crate) async fn answered<T>(request: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    within(request, sleep(LIMIT_MS)).await.unwrap_or(Err(AppError::Unreachable))
}

/// What comes of the work, unless the limit comes first.
async fn within<T>(work: impl Future<Output = T>, limit: impl Future<Output = ()>) -> Option<T> {
    let (mut work, mut limit) = (pin!(work), pin!(limit));
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| None),
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::task::{Context, Waker};

    use super::*;

    fn once<T>(future: impl Future<Output = T>) -> Poll<T> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_comes_in_time_counts_and_what_never_comes_is_given_up() {
        assert_eq!(once(within(ready(7), pending())), Poll::Ready(Some(7)));
        assert_eq!(once(within(ready(7), ready(()))), Poll::Ready(Some(7)));
        assert_eq!(once(within(pending::<u32>(), ready(()))), Poll::Ready(None));
        assert_eq!(once(within(pending::<u32>(), pending())), Poll::Pending);
    }
}
