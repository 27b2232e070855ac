//! Request bodies that their handler does not read to the end.
//!
//! Owns that a response reaches its caller even if it is sent before the body has been read. A connection that is
//! closed with unread data is reset, and the response is lost (RFC 9112, 9.6); a proxy turns that into a 502. Must not
//! buffer the rest of the body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::runtime::Handle;

/// How much of an unread body is drained. A caller that sends more is disconnected.
const LARGEST_DRAINED: usize = 4 * 1024 * 1024;

/// A body whose rest is drained after its handler has dropped it.
struct Lingering(Option<Body>);

/// Drains the rest of a body after the handler.
pub(super) fn lingering(body: Body) -> Body {
    Body::new(Lingering(Some(body)))
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(drain(rest));
        }
    }
}

/// Reads until the end, an error (such as the time limit), or the size limit.
async fn drain(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > LARGEST_DRAINED {
            return;
        }
    }
}
