//! Server-Sent Events: the same events as over Socket.IO, for clients with HTTP alone.
//!
//! Owns the format of the stream, and the headers that keep proxies from buffering it. Must not decide what is in it:
//! [`crate::feed`] does.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::error::ApiError;
use crate::auth;
use crate::feed::Subscription;
use crate::http::extract::{CurrentUser, QueryString};
use crate::state::AppState;

#[derive(Deserialize)]
pub(super) struct Options {
    since: Option<u64>,
}

/// A proxy that compresses or collects an answer would hold events back (nginx, `ngx_http_proxy_module`,
/// `proxy_buffering`; RFC 9111, 5.2.2.6).
const UNBUFFERED: [(HeaderName, &str); 2] =
    [(HeaderName::from_static("x-accel-buffering"), "no"), (CACHE_CONTROL, "no-cache, no-transform")];

/// `GET /api/events`: `id:` is the event's number, and `Last-Event-ID` (or `since`) resumes after it.
pub(super) async fn stream(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    QueryString(options): QueryString<Options>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    // An id that is not a number becomes one that no log reaches, so that the client has to reload.
    let since = last.map(|id| id.trim().parse().unwrap_or(u64::MAX)).or(options.since);
    let subscription = Subscription::start(state.feed.clone(), &user, since).await?;
    let ends = tokio::time::Instant::now() + auth::remaining(user.expires_at, state.now());
    let stopping = state.stopping.clone();
    let beginning = stream::iter([Ok(beginning(subscription.newest(), since))]);
    let events = stream::unfold(subscription, move |mut subscription| {
        let stopping = stopping.clone();
        async move {
            let event = tokio::select! {
                event = subscription.next() => event?,
                () = tokio::time::sleep_until(ends) => return None,
                () = stopping.cancelled() => return None,
            };
            let event = named(event.name, event.seq, event.payload.get());
            Some((Ok::<_, Infallible>(event), subscription))
        }
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok((UNBUFFERED, Sse::new(beginning.chain(events)).keep_alive(keep_alive)).into_response())
}

/// The first block, sent at once. To an `EventSource` an id without data is not an event, but it remembers the id: one
/// that is disconnected before the first event resumes from it. A client that sent its position keeps that until it
/// receives an event.
fn beginning(newest: u64, since: Option<u64>) -> Event {
    let block = Event::default().comment(format!("the newest event is {newest}"));
    if since.is_none() { block.id(newest.to_string()) } else { block }
}

fn named(name: &str, seq: u64, payload: &str) -> Event {
    Event::default().event(name).id(seq.to_string()).data(payload)
}
