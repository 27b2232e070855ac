//! The simulated Basiq as a service.
//!
//! Owns the state behind its lock, sending messages, and ending jobs. Must not know routes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::filter::Filter;
use super::options::BasiqOptions;
use super::state::State;
use super::token::{Access, Refusal};
use crate::http::{Call, Front, bearer};
use crate::webhooks::Webhooks;

/// The simulated Basiq.
#[derive(Debug)]
pub(super) struct App {
    pub(super) options: BasiqOptions,
    pub(super) webhooks: Webhooks,
    state: Mutex<State>,
    stopping: CancellationToken,
}

impl App {
    pub(super) fn new(options: BasiqOptions, webhooks: Webhooks, stopping: CancellationToken) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, webhooks, state, stopping }
    }

    /// Reads or changes the state, and sends the messages that result.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state, self.options.clock.now());
        // In the order of the changes, which is that of the lock.
        for message in std::mem::take(&mut state.outgoing) {
            self.webhooks.announce(message);
        }
        result
    }

    /// Ends a job at its time.
    pub(super) fn finish_in_time(self: &Arc<Self>, job: String) {
        let app = Arc::clone(self);
        let end = app.options.clock.after(app.options.job_duration);
        tokio::spawn(async move {
            tokio::select! {
                () = app.stopping.cancelled() => {}
                () = app.options.clock.sleep_until(end) => app.with(|state, now| state.finish(&job, now)),
            }
        });
    }
}

/// A call with a token for the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerAccess;

impl FromRequestParts<Arc<App>> for ServerAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or_else(ApiError::invalid_token)?;
        app.with(|state, now| match state.tokens.access(token, now) {
            Ok(Access::Server) => Ok(Self),
            Ok(Access::Client(_)) => Err(ApiError::forbidden("Access to this resource is forbidden")),
            Err(Refusal::Invalid) => Err(ApiError::invalid_token()),
            Err(Refusal::Expired) => Err(ApiError::forbidden("Token has expired")),
        })
    }
}

impl Front for App {
    const PROVIDER: &'static str = "basiq";

    /// The connection that the call names, else the user; `token` for tokens.
    fn scope(&self, call: &Call) -> String {
        let of_filter = || Filter::read(&call.query("filter")?)?.connection().map(str::to_owned);
        let of_token = || {
            let token = call.query("next")?;
            self.with(|state, _| state.pages.page(&token)?.filter.connection().map(str::to_owned))
        };
        match (call.segment(0), call.segment(2), call.segment(3)) {
            (Some("token"), ..) => "token".to_owned(),
            (Some("users"), Some("connections"), Some(connection)) if connection != "refresh" => connection.to_owned(),
            (Some("users"), ..) => {
                of_filter().or_else(of_token).or_else(|| call.segment(1).map(str::to_owned)).unwrap_or_default()
            }
            (Some("jobs"), ..) => {
                let job = call.segment(1).unwrap_or_default();
                self.with(|state, _| state.jobs.get(job).map(|job| job.connection.clone())).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    fn error(&self, _call: &Call, status: StatusCode, retry_after: Option<Duration>) -> Response {
        ApiError::of_status(status, retry_after).into_response()
    }

    fn expire_token(&self, call: &Call) {
        if let Some(token) = call.bearer() {
            self.with(|state, now| state.tokens.expire(Some(token), now));
        }
    }
}
