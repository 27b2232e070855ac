//! The sizes of request bodies, and reading those of webhooks.
//!
//! Owns how large a body may be, how long reading it may take, and how many bytes of unverified bodies are held at
//! once. Anyone can send a body: those of ordinary size are always read, large ones only while a permit is free. Must
//! not look into a body.

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use wire::ErrorCode;

use super::error::ApiError;
use crate::limits::LargeBodies;

/// The largest body of a webhook.
pub(super) const LARGEST_WEBHOOK: usize = 1024 * 1024;
/// The largest body of any other call.
pub(super) const LARGEST_BODY: usize = 64 * 1024;

/// How long reading a body may take: providers time out sooner.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Bodies up to this size are always read. A provider's have a few kilobytes.
const ORDINARY: usize = 64 * 1024;

/// Reads the whole body of a webhook. `announced` is its `Content-Length`; `pace` counts bytes and returns how long to
/// wait before reading more.
pub(super) async fn read(
    large: &LargeBodies,
    body: Body,
    announced: Option<usize>,
    pace: impl Fn(usize) -> Option<Duration>,
) -> Result<Vec<u8>, ApiError> {
    within(TIME_LIMIT, collect(large, body, announced.unwrap_or_default(), pace)).await
}

async fn within<T>(limit: Duration, reading: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    tokio::time::timeout(limit, reading).await.unwrap_or_else(|_| Err(ErrorCode::RequestTimeout.into()))
}

async fn collect(
    large: &LargeBodies,
    mut body: Body,
    announced: usize,
    pace: impl Fn(usize) -> Option<Duration>,
) -> Result<Vec<u8>, ApiError> {
    let mut whole = Vec::new();
    let mut permit = None;
    loop {
        if announced.max(whole.len()) > LARGEST_WEBHOOK {
            return Err(ErrorCode::PayloadTooLarge.into());
        }
        // An announced length takes no memory, so it needs no permit.
        if whole.len() > ORDINARY && permit.is_none() {
            let acquired = large.try_acquire();
            permit = Some(acquired.ok_or_else(|| ApiError::from(ErrorCode::Unavailable).retry_after(5))?);
        }
        match body.frame().await {
            None => return Ok(whole),
            Some(Err(_)) => return Err(ApiError::new(ErrorCode::BadRequest, "The body ended early")),
            Some(Ok(frame)) => {
                let Some(data) = frame.data_ref() else { continue };
                if whole.len() + data.len() <= ORDINARY {
                    // Doubling the capacity would allocate twice the size of most bodies.
                    whole.reserve_exact(data.len());
                }
                whole.extend_from_slice(data);
                while let Some(wait) = pace(data.len()) {
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}

/// The `Content-Length` of a request, if it has one.
pub(super) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};

    use super::*;
    use crate::limits::MAX_LARGE_BODIES;

    /// No throttling.
    fn at_once(_: usize) -> Option<Duration> {
        None
    }

    /// A body without a length.
    fn body(chunks: usize) -> Body {
        let chunks = (0..chunks).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 16 * 1024]));
        Body::from_stream(stream::iter(chunks))
    }

    /// A body of which no data arrives.
    fn pending() -> Body {
        Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>())
    }

    #[tokio::test]
    async fn bodies_of_ordinary_size_are_read_while_no_permit_is_free_for_large_ones() {
        let large = LargeBodies::default();
        let permits: Vec<_> = (0..MAX_LARGE_BODIES).map(|_| large.try_acquire().expect("a permit")).collect();
        assert_eq!(read(&large, body(4), None, at_once).await.map(|read| read.len()), Ok(ORDINARY));
        assert_eq!(
            read(&large, body(5), None, at_once).await.map_err(|error| error.code()),
            Err(ErrorCode::Unavailable)
        );
        drop(permits);
        let announced: Vec<_> =
            (0..MAX_LARGE_BODIES).map(|_| Box::pin(read(&large, pending(), Some(LARGEST_WEBHOOK), at_once))).collect();
        for mut one in announced {
            assert!(futures_util::poll!(&mut one).is_pending());
        }
        assert_eq!(read(&large, body(64), None, at_once).await.map(|read| read.len()), Ok(LARGEST_WEBHOOK));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_read_to_its_end() {
        let large = LargeBodies::default();
        assert_eq!(
            read(&large, body(65), None, at_once).await.map_err(|error| error.code()),
            Err(ErrorCode::PayloadTooLarge)
        );
        let announced = read(&large, pending(), Some(LARGEST_WEBHOOK + 1), at_once).await;
        assert_eq!(announced.map_err(|error| error.code()), Err(ErrorCode::PayloadTooLarge));
        assert_eq!(large.available(), MAX_LARGE_BODIES);
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_in_time_is_given_up_and_its_permit_is_free_again() {
        let large = LargeBodies::default();
        let begun = stream::once(async { Ok::<_, std::io::Error>(vec![b'x'; 16]) });
        let unfinished = Body::from_stream(begun.chain(stream::pending()));
        for (body, announced) in [(pending(), None), (unfinished, Some(LARGEST_WEBHOOK))] {
            let given_up =
                within(Duration::from_millis(1), collect(&large, body, announced.unwrap_or(0), at_once)).await;
            assert_eq!(given_up.map_err(|error| error.code()), Err(ErrorCode::RequestTimeout));
        }
        assert_eq!(large.available(), MAX_LARGE_BODIES);
    }
}
