//! The calls with which a user connects a bank.
//!
//! Owns their addresses; each connector names its own call for the consent page. Must not contain a handler.

mod begin;
mod callback;
mod exchange;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::state::AppState;

/// The connector to which an address belongs.
#[derive(Clone, Debug)]
struct ConnectorId(Arc<str>);

/// The calls of every connector with a consent page, configured or not.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let mut routes = Router::new();
    for provider in state.ingest.registry().iter() {
        let Some(connect) = provider.connect() else { continue };
        let id = provider.description().id;
        let address = |call: &str| format!("/api/connectors/{id}/{call}");
        let mut calls = Router::new()
            .route(&address(connect.call()), post(begin::begin))
            .route(&address("callback"), get(callback::come_back));
        if connect.exchanges_tokens() {
            calls = calls.route(&address("exchange"), post(exchange::exchange));
        }
        routes = routes.merge(calls.layer(Extension(ConnectorId(id.into()))));
    }
    routes
}
