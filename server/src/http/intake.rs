//! Bodies of deliveries, before anything of them is proven.
//!
//! Owns how large one may be, how long it may take, and how much of them all is held at once. Anybody can
//! send one: those of ordinary size are always taken, the few large ones only as many as there is room
//! for. Must not look into one.

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;
use wire::ErrorCode;

use super::LARGEST_WEBHOOK;
use super::error::ApiError;

/// How long a body may take: providers give up sooner than that.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Up to this size a body is always taken. A provider's has a few kilobytes.
const ORDINARY: usize = 64 * 1024;
/// How many larger ones are read at once: 64 MiB in all.
const MOST_LARGE: usize = 64;

/// The room for bodies.
pub struct Intake {
    large: Semaphore,
}

impl Default for Intake {
    fn default() -> Self {
        Self { large: Semaphore::new(MOST_LARGE) }
    }
}

impl Intake {
    /// A whole body, and how long it is said to be. `pace` counts what has come, and says how long to wait for more.
    pub(super) async fn read(
        &self,
        body: Body,
        announced: Option<usize>,
        pace: impl Fn(usize) -> Option<Duration>,
    ) -> Result<Vec<u8>, ApiError> {
        match tokio::time::timeout(TIME_LIMIT, self.collect(body, announced.unwrap_or_default(), pace)).await {
            Ok(read) => read,
            Err(_) => Err(ErrorCode::RequestTimeout.into()),
        }
    }

    async fn collect(
        &self,
        mut body: Body,
        announced: usize,
        pace: impl Fn(usize) -> Option<Duration>,
    ) -> Result<Vec<u8>, ApiError> {
        let mut whole = Vec::new();
        let mut place = None;
        loop {
            if announced.max(whole.len()) > LARGEST_WEBHOOK {
                return Err(ErrorCode::PayloadTooLarge.into());
            }
            // What is only announced takes no room, and must take nobody's.
            if whole.len() > ORDINARY && place.is_none() {
                let free = self.large.try_acquire();
                place = Some(free.map_err(|_| ApiError::from(ErrorCode::Unavailable).retry_after(5))?);
            }
            match body.frame().await {
                None => return Ok(whole),
                Some(Err(_)) => return Err(ApiError::new(ErrorCode::BadRequest, "The body ended early")),
                Some(Ok(frame)) => {
                    let Some(data) = frame.data_ref() else { continue };
                    if whole.len() + data.len() <= ORDINARY {
                        // Twice as much would be held of most of them.
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
}

/// How long a body is said to be, where it is.
pub(super) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// Nobody has to wait.
    fn at_once(_: usize) -> Option<Duration> {
        None
    }

    /// A body that does not say how long it is.
    fn body(chunks: usize) -> Body {
        let chunks = (0..chunks).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 16 * 1024]));
        Body::from_stream(stream::iter(chunks))
    }

    /// A body of which nothing comes.
    fn pending() -> Body {
        Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>())
    }

    #[tokio::test]
    async fn bodies_of_ordinary_size_are_taken_while_large_ones_have_to_wait() {
        let intake = Intake::default();
        let places: Vec<_> = (0..MOST_LARGE).map(|_| intake.large.try_acquire().expect("a place")).collect();
        assert_eq!(intake.read(body(4), None, at_once).await.map(|read| read.len()), Ok(ORDINARY));
        assert_eq!(
            intake.read(body(5), None, at_once).await.map_err(|error| error.code()),
            Err(ErrorCode::Unavailable)
        );
        drop(places);
        let announced: Vec<_> =
            (0..MOST_LARGE).map(|_| Box::pin(intake.read(pending(), Some(LARGEST_WEBHOOK), at_once))).collect();
        for mut one in announced {
            assert!(futures_util::poll!(&mut one).is_pending());
        }
        assert_eq!(intake.read(body(64), None, at_once).await.map(|read| read.len()), Ok(LARGEST_WEBHOOK));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_read_to_its_end() {
        let intake = Intake::default();
        assert_eq!(
            intake.read(body(65), None, at_once).await.map_err(|error| error.code()),
            Err(ErrorCode::PayloadTooLarge)
        );
        let announced = intake.read(pending(), Some(LARGEST_WEBHOOK + 1), at_once).await;
        assert_eq!(announced.map_err(|error| error.code()), Err(ErrorCode::PayloadTooLarge));
        assert_eq!(intake.large.available_permits(), MOST_LARGE);
    }
}
