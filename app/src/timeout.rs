//! The timeout of requests over HTTP.
//!
//! Owns the limit. Without it, a request that hangs in a dead network would block every later one. Must not know
//! what is requested.

use std::pin::pin;
use std::task::Poll;

use crate::error::AppError;
use crate::runtime::sleep;

const TIMEOUT_MS: u32 = 30_000;

/// The answer, or [`AppError::Unreachable`] after the timeout, which drops the request.
pub(crate) async fn with_timeout<T>(request: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    within(request, sleep(TIMEOUT_MS)).await.unwrap_or(Err(AppError::Unreachable))
}

/// The result of the work, unless the limit comes first.
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
    fn an_answer_in_time_counts_and_one_that_never_comes_times_out() {
        assert_eq!(once(within(ready(7), pending())), Poll::Ready(Some(7)));
        assert_eq!(once(within(ready(7), ready(()))), Poll::Ready(Some(7)));
        assert_eq!(once(within(pending::<u32>(), ready(()))), Poll::Ready(None));
        assert_eq!(once(within(pending::<u32>(), pending())), Poll::Pending);
    }
}
