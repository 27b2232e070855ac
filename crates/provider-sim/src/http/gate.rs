//! The gate that every call passes before it is answered.
//!
//! Owns the order: count, apply a fault or answer, record. Must not know a provider's paths or words.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::counts::{CallCounts, Counting};
use super::faults::{Fault, Faults};
use super::recorder::Recorder;

/// The largest body of a call, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// Marks the answer of a call that exceeded a budget.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverBudget;

/// The parts of a provider that the gate needs.
pub(crate) trait Front: Send + Sync + 'static {
    /// Its name in recordings.
    const PROVIDER: &'static str;

    /// The scope that the provider counts a call against: a connection, a user, a consumer; empty if it is none of
    /// them.
    fn scope(&self, call: &Call) -> String;

    /// An error in the provider's own shape.
    fn error(&self, call: &Call, status: StatusCode, retry_after: Option<Duration>) -> Response;

    /// Expires the token that the call carries.
    fn expire_token(&self, call: &Call);
}

/// The gate that every call passes.
#[derive(Debug)]
pub(crate) struct Gate<F> {
    pub(crate) front: Arc<F>,
    pub(crate) counts: CallCounts,
    pub(crate) faults: Faults,
    pub(crate) recorder: Option<Recorder>,
    /// Ends hanging answers.
    pub(crate) stopping: CancellationToken,
}

/// The routes behind the gate.
pub(crate) fn gated<F: Front>(routes: Router, gate: Gate<F>) -> Router {
    routes.layer(middleware::from_fn_with_state(Arc::new(gate), pass))
}

async fn pass<F: Front>(State(gate): State<Arc<Gate<F>>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let call = Call::new(&parts, body.clone());
    let scope = gate.front.scope(&call);
    let counting = gate.counts.begin(&call.endpoint, &scope);
    let answer = next.run(Request::from_parts(parts, Body::from(body)));
    let fault = gate.faults.of(&call.endpoint, &scope);
    let response = match fault {
        None => answer.await,
        Some(Fault::TokenExpired) => {
            gate.front.expire_token(&call);
            answer.await
        }
        Some(Fault::TooManyRequests { retry_after }) => {
            gate.front.error(&call, StatusCode::TOO_MANY_REQUESTS, retry_after)
        }
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            gate.front.error(&call, status, None)
        }
        Some(Fault::Hang) => {
            gate.stopping.cancelled().await;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Some(Fault::Slow(by)) => {
            tokio::time::sleep(by).await;
            answer.await
        }
        Some(spoilt @ (Fault::MalformedJson | Fault::Truncated)) => {
            counting.failed();
            return spoil(answer.await, spoilt).await;
        }
    };
    finish(&gate, &call, &counting, response).await
}

/// Counts and records an answer.
async fn finish<F: Front>(gate: &Gate<F>, call: &Call, counting: &Counting, response: Response) -> Response {
    if response.status().is_client_error() || response.status().is_server_error() {
        counting.failed();
    }
    if response.extensions().get::<OverBudget>().is_some() {
        counting.over_budget();
    }
    let Some(recorder) = &gate.recorder else { return response };
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    recorder.note(F::PROVIDER, call, parts.status, content_type, &body);
    Response::from_parts(parts, Body::from(body))
}

/// The first half of an answer: as if it were complete, or with the connection closed.
async fn spoil(response: Response, fault: Fault) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    parts.headers.remove(header::CONTENT_LENGTH);
    if fault != Fault::Truncated {
        return Response::from_parts(parts, Body::from(half));
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    Response::from_parts(parts, broken_off(half))
}

/// A body that fails after these bytes: the connection is closed in the middle of it.
fn broken_off(bytes: Bytes) -> Body {
    let failure = stream::once(async {
        // Lets the bytes be sent first.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(io::Error::other("broken off on purpose"))
    });
    Body::from_stream(stream::iter([Ok(bytes)]).chain(failure))
}
