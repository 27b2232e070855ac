//! The providers' webhooks.
//!
//! Owns the conversion of a request into a raw delivery, and the answer in the form that the provider requires. Must
//! not parse the body, nor log unauthenticated input.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use connectors::{Headers, RawDelivery, Responses};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode, Uri};
use tracing::Instrument as _;
use wire::ErrorCode;
use wire::api::WebhookAnswer;

use super::body_limit::{self, announced};
use super::error::ApiError;
use crate::http::extract::PathParts;
use crate::net::peer::Peer;
use crate::state::AppState;
use crate::telemetry::spans::{self, Arrival};

/// A request without its body.
struct Head {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    from: Option<IpAddr>,
    arrived: Arrival,
}

/// `POST /api/connectors/{connector}/webhook`
pub(super) async fn receive(
    State(state): State<AppState>,
    PathParts(connector): PathParts<String>,
    peer: Option<Extension<Peer>>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Body,
) -> Response {
    let arrived = Arrival::now();
    let head = Head { method, uri, headers, from: peer.map(|peer| peer.address), arrived };
    let provider = state.ingest.registry().get(&connector);
    let known = provider.map_or("unknown", |provider| provider.description().id);
    let responses = provider.map(|provider| provider.responses()).unwrap_or_default();
    let response = async {
        spans::received();
        match take(&state, &connector, head, body).await {
            Ok(answer) => {
                state.metrics.delivered(known, outcome(&answer), arrived.elapsed());
                in_form(Json(answer).into_response(), Some(responses.accepted))
            }
            Err(error) => {
                let code = error.code();
                state.metrics.delivered(known, code.as_str(), arrived.elapsed());
                tracing::info!(code = code.as_str(), "a delivery was refused");
                in_form(error.into_response(), form_of(code, responses))
            }
        }
    };
    response.instrument(spans::delivery(&arrived, known)).await
}

/// The outcome of a delivery, as a label.
fn outcome(answer: &WebhookAnswer) -> &'static str {
    match answer {
        WebhookAnswer { duplicate: true, .. } => "duplicate",
        WebhookAnswer { kept: true, .. } => "kept",
        _ => "processed",
    }
}

async fn take(state: &AppState, connector: &str, head: Head, body: Body) -> Result<WebhookAnswer, ApiError> {
    // If the connector cannot verify anything, the body is not read.
    let found = state.ingest.registry().get(connector).ok_or(ErrorCode::UnknownConnector)?;
    if !found.is_configured() {
        return Err(ErrorCode::NotConfigured.into());
    }
    let from = head.from;
    let pace = |bytes| state.limits.body_bytes_from(from?, bytes);
    let body = body_limit::read(&state.limits.large_bodies, body, announced(&head.headers), pace).await?;
    let raw = RawDelivery {
        method: head.method.as_str().to_owned(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: readable(&head.headers),
        body,
    };
    Ok(state.ingest.webhook(connector, raw, head.arrived, state.now()).await?)
}

/// The headers that are text. Signatures always are.
fn readable(headers: &HeaderMap) -> Headers {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

/// The form in which a provider expects a refusal; `None` if it does not prescribe one.
fn form_of(code: ErrorCode, responses: Responses) -> Option<connectors::Response> {
    match code {
        ErrorCode::SignatureMissing | ErrorCode::SignatureInvalid | ErrorCode::SignatureStale => {
            Some(responses.bad_signature)
        }
        ErrorCode::MalformedBody => Some(responses.malformed),
        ErrorCode::NotConfigured | ErrorCode::Unavailable => Some(responses.unavailable),
        _ => None,
    }
}

/// The usual answer, converted into a provider's form.
fn in_form(usual: Response, form: Option<connectors::Response>) -> Response {
    let Some(form) = form else { return usual };
    let (mut parts, body) = usual.into_parts();
    parts.status = StatusCode::from_u16(form.status).unwrap_or(parts.status);
    if form.has_body {
        return Response::from_parts(parts, body);
    }
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    async fn body_of(response: Response) -> usize {
        axum::body::to_bytes(response.into_body(), 1000).await.expect("a body").len()
    }

    #[tokio::test]
    async fn a_provider_that_insists_on_its_own_answers_gets_them() {
        let own = Responses {
            accepted: connectors::Response::empty(200),
            bad_signature: connectors::Response::json(498),
            ..Responses::default()
        };
        let accepted = in_form(Json(WebhookAnswer::default()).into_response(), Some(own.accepted));
        assert_eq!((accepted.status().as_u16(), accepted.headers().get(CONTENT_TYPE)), (200, None));
        assert_eq!(body_of(accepted).await, 0);
        for code in [ErrorCode::SignatureMissing, ErrorCode::SignatureInvalid, ErrorCode::SignatureStale] {
            let refused = in_form(ApiError::from(code).into_response(), form_of(code, own));
            assert_eq!(refused.status().as_u16(), 498);
            assert!(body_of(refused).await > 0);
        }
    }

    #[tokio::test]
    async fn other_providers_get_the_usual_answers() {
        for (code, status) in [
            (ErrorCode::SignatureStale, 401),
            (ErrorCode::MalformedBody, 400),
            (ErrorCode::NotConfigured, 503),
            (ErrorCode::Unavailable, 503),
            (ErrorCode::PayloadTooLarge, 413),
        ] {
            let refused = in_form(ApiError::from(code).into_response(), form_of(code, Responses::default()));
            assert_eq!(refused.status().as_u16(), status);
        }
        let limited = ApiError::from(ErrorCode::RateLimited).retry_after(7).into_response();
        let limited = in_form(limited, form_of(ErrorCode::RateLimited, Responses::default()));
        assert_eq!(limited.headers().get(RETRY_AFTER).map(|value| value.as_bytes()), Some(&b"7"[..]));
    }
}
