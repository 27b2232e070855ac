//! The simulated Plaid as a service.
//!
//! Owns the state behind its lock, sending messages, and updates in the background. Must not know routes.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::item::Trouble;
use super::keys::Keys;
use super::options::PlaidOptions;
use super::state::State;
use crate::bank::Unknown;
use crate::http::{Call, Front};
use crate::webhooks::Webhooks;

/// The simulated Plaid.
pub(super) struct App {
    pub(super) options: PlaidOptions,
    pub(super) webhooks: Webhooks,
    pub(super) keys: Keys,
    state: Mutex<State>,
    stopping: CancellationToken,
}

impl App {
    pub(super) fn new(options: PlaidOptions, webhooks: Webhooks, keys: Keys, stopping: CancellationToken) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, webhooks, keys, state, stopping }
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

    /// A user completes Link; returns the public token. A new item's bank is read after the update duration.
    pub(super) fn complete_link(self: &Arc<Self>, token: &str) -> Result<String, Unknown> {
        let webhook = self.with(|state, _| state.links.get(token).and_then(|link| link.webhook.clone()));
        if let Some(webhook) = webhook {
            self.webhooks.subscribe(webhook, "");
        }
        let (public_token, new) = self.with(|state, now| state.complete_link(token, now))?;
        if let Some(item) = new {
            self.update_in_time(item);
        }
        Ok(public_token)
    }

    /// Reads an item's bank after the update duration.
    pub(super) fn update_in_time(self: &Arc<Self>, item: String) {
        let app = Arc::clone(self);
        let end = app.options.clock.after(app.options.update_duration);
        tokio::spawn(async move {
            tokio::select! {
                () = app.stopping.cancelled() => {}
                () = app.options.clock.sleep_until(end) => {
                    // An item that was removed meanwhile has no bank to read.
                    let _updated = app.with(|state, now| state.update(&item, now));
                }
            }
        });
    }
}

impl Front for App {
    const PROVIDER: &'static str = "plaid";

    /// The item of the call's access token.
    fn scope(&self, call: &Call) -> String {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let token = body["access_token"].as_str().unwrap_or_default();
        self.with(|state, _| state.item_of(token).map(|item| item.id.clone())).unwrap_or_default()
    }

    /// Plaid sends no `Retry-After`; one is sent if the fault has it.
    fn error(&self, _call: &Call, status: StatusCode, retry_after: Option<Duration>) -> Response {
        let mut response = ApiError::of_status(status.as_u16()).into_response();
        if let Some(pause) = retry_after {
            response.headers_mut().insert("retry-after", crate::http::whole_seconds(pause).into());
        }
        response
    }

    /// Access tokens do not expire; the closest equivalent is a user who has to sign in again.
    fn expire_token(&self, call: &Call) {
        let item = self.scope(call);
        let _known = self.with(|state, now| state.trouble(&item, Trouble::LoginRequired, now));
    }
}
