//! Server-Sent Events: the same events as over Socket.IO, for clients that have only HTTP.
//!
//! Owns the format of the stream, and the headers that keep proxies from buffering it. Must not decide which events it
//! carries: [`crate::feed`] does.

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
use crate::feed::{ResumePoint, Subscription};
use crate::http::extract::{CurrentUser, QueryString};
use crate::state::AppState;
use crate::store::Epoch;

#[derive(Deserialize)]
pub(super) struct Options {
    since: Option<u64>,
    /// The epoch of `since`. A client that sends one, even an empty one, gets ids that include the epoch.
    epoch: Option<String>,
}

/// A proxy that compresses or buffers an answer would delay events (nginx, `ngx_http_proxy_module`, `proxy_buffering`;
/// RFC 9111, 5.2.2.6).
const UNBUFFERED: [(HeaderName, &str); 2] =
    [(HeaderName::from_static("x-accel-buffering"), "no"), (CACHE_CONTROL, "no-cache, no-transform")];

/// `GET /api/events`. `id:` is the event's number, preceded by the epoch for clients that know epochs; `Last-Event-ID`
/// (or `since`) resumes after it.
pub(super) async fn stream(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    QueryString(options): QueryString<Options>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let Options { since, epoch } = options;
    // An id that is not a number becomes one that no log reaches, so the client has to reload.
    let last = last.and_then(|id| id.parse::<ResumePoint>().ok());
    let knows_epochs = epoch.is_some() || last.as_ref().is_some_and(|last| last.epoch.is_some());
    let epoch = epoch.filter(|epoch| !epoch.is_empty());
    let since = last.or(since.map(|seq| ResumePoint { seq, epoch }));
    let subscription = Subscription::start(state.feed.clone(), &user, since.as_ref()).await?;
    let ends = tokio::time::Instant::now() + auth::remaining(user.expires_at, state.now());
    let stopping = state.stopping.clone();
    let (epoch, newest) = subscription.newest();
    let beginning = stream::iter([Ok(beginning(&id(knows_epochs, epoch, newest), since.is_some()))]);
    let events = stream::unfold(subscription, move |mut subscription| {
        let stopping = stopping.clone();
        async move {
            let event = tokio::select! {
                event = subscription.next() => event?,
                () = tokio::time::sleep_until(ends) => return None,
                () = stopping.cancelled() => return None,
            };
            let event = named(event.name, &id(knows_epochs, &event.epoch, event.seq), event.payload.get());
            Some((Ok::<_, Infallible>(event), subscription))
        }
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok((UNBUFFERED, Sse::new(beginning.chain(events)).keep_alive(keep_alive)).into_response())
}

/// The first block, sent at once. For an `EventSource`, an id without data is not an event, but it remembers the id: if
/// it is disconnected before the first event, it resumes from there. A client that sent its position keeps that until
/// it receives an event.
fn beginning(newest: &str, resumes: bool) -> Event {
    let block = Event::default().comment(format!("the newest event is {newest}"));
    if resumes { block } else { block.id(newest) }
}

/// An event's id, with the epoch for clients that know epochs. The epoch may change while they are connected.
fn id(knows_epochs: bool, epoch: &Epoch, seq: u64) -> String {
    if knows_epochs { format!("{epoch}:{seq}") } else { seq.to_string() }
}

fn named(name: &str, id: &str, payload: &str) -> Event {
    Event::default().event(name).id(id).data(payload)
}
