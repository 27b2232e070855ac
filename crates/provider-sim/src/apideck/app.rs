//! The simulated Apideck as a service.
//!
//! Owns the state behind its lock, and sending messages. Must not know routes.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::error::ApiError;
use super::options::ApideckOptions;
use super::state::State;
use crate::http::{Call, Front, whole_seconds};
use crate::webhooks::Webhooks;

/// The simulated Apideck.
#[derive(Debug)]
pub(super) struct App {
    pub(super) options: ApideckOptions,
    pub(super) webhooks: Webhooks,
    state: Mutex<State>,
}

impl App {
    pub(super) fn new(options: ApideckOptions, webhooks: Webhooks) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, webhooks, state }
    }

    /// Reads or changes the state, and sends the messages that result.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state, self.options.clock.now());
        for message in std::mem::take(&mut state.outgoing) {
            self.webhooks.announce(message);
        }
        result
    }

    /// The headers in which Apideck passes on the budget of the service behind it
    /// (<https://developers.apideck.com/guides/unified-rate-limits>). The form of the time in `reset` is not
    /// documented; here it is seconds since 1970.
    pub(super) fn budget_headers(&self, left: usize, pause: Option<Duration>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let limit = self.with(|state, _| state.downstream.limit());
        headers.insert("x-downstream-ratelimit-limit", HeaderValue::from(limit));
        headers.insert("x-downstream-ratelimit-remaining", HeaderValue::from(left));
        if let Some(pause) = pause {
            let reset = self.options.clock.after(pause).as_second();
            headers.insert("x-downstream-ratelimit-reset", HeaderValue::from(reset));
            headers.insert("retry-after", HeaderValue::from(whole_seconds(pause)));
        }
        headers
    }
}

/// The id of the connection that headers name; if they name no service, the consumer's only connection.
pub(super) fn connection_id(state: &State, headers: &HeaderMap) -> Result<String, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let consumer = header("x-apideck-consumer-id").ok_or(ApiError::BAD_HEADERS)?;
    if let Some(service) = header("x-apideck-service-id") {
        let id = format!("{service}+{consumer}");
        return state.books.connection(&id).map(|_| id).map_err(|_| ApiError::NO_CONNECTION);
    }
    let mut connections = state.books.of_consumer(consumer);
    match (connections.next(), connections.next()) {
        (Some(only), None) => Ok(only.id.clone()),
        (None, _) => Err(ApiError::NO_CONNECTION),
        (Some(_), Some(_)) => Err(ApiError::BAD_HEADERS),
    }
}

impl Front for App {
    const PROVIDER: &'static str = "apideck";

    /// The connection, else the consumer.
    fn scope(&self, call: &Call) -> String {
        let consumer = || call.headers.get("x-apideck-consumer-id")?.to_str().ok().map(str::to_owned);
        let connection = self.with(|state, _| connection_id(state, &call.headers));
        connection.ok().or_else(consumer).unwrap_or_default()
    }

    fn error(&self, _call: &Call, status: StatusCode, retry_after: Option<Duration>) -> Response {
        let mut response = ApiError::of_status(status).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().extend(self.budget_headers(0, retry_after));
        }
        response
    }

    /// The API key does not expire; the closest equivalent is a connection that has to be authorised again.
    fn expire_token(&self, call: &Call) {
        let connection = self.scope(call);
        let state = super::books::ConnectionState::Invalid;
        let _known = self.with(|known, now| known.set_state(&connection, state, "token_refresh.failed", now));
    }
}
