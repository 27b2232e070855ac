//! The HTTP interface.
//!
//! Owns the index of routes. Must not contain a handler.

pub mod edge;
pub mod error;
pub mod extract;
pub mod listen;

mod accounts;
mod admin;
mod admission;
mod body_limit;
mod connect;
pub(crate) mod connections;
pub(crate) mod connectors;
mod core_app;
mod demo;
mod engine;
mod events;
mod headers;
mod health;
mod ids;
mod linger;
mod metrics;
mod middleware;
mod pushed;
pub(crate) mod session;
mod site;
mod target;
mod upgrade;
mod webhooks;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::state::AppState;

/// Every route except Socket.IO's.
pub fn router(state: &AppState) -> Router {
    let api = Router::new()
        .route("/api/connectors", get(connectors::list))
        .route("/api/connectors/{connector}/status", get(connectors::status))
        .route("/api/connections", get(connections::of_user))
        .route("/api/connectors/{connector}/connections", get(connections::list))
        .route(
            "/api/connectors/{connector}/connections/{connection}",
            put(connections::put).delete(connections::delete),
        )
        .route("/api/connectors/{connector}/connections/{connection}/sync", post(connections::sync))
        .route("/api/transactions", get(accounts::transactions))
        .route("/api/accounts", get(accounts::accounts))
        .route("/api/summary", get(accounts::summary))
        .route("/api/events", get(events::stream))
        .route("/api/bank/transactions", post(core_app::receive))
        .route("/api/bank/transactions/{id}", delete(core_app::delete))
        .route("/api/session", get(session::show).post(session::start).delete(session::end))
        .route("/api/session/end", post(session::end_by_form))
        .route("/api/demo/session", post(demo::start))
        .route("/api/admin/outbox", get(admin::outbox::show))
        .route("/api/admin/outbox/replay", post(admin::outbox::replay))
        .route("/api/admin/outbox/skip", post(admin::outbox::skip))
        .route("/api/admin/inbox", get(admin::inbox::list))
        .route("/api/admin/inbox/{id}", get(admin::inbox::show))
        .route("/api/admin/inbox/{id}/replay", post(admin::inbox::replay))
        .route("/metrics", get(metrics::show))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready));
    let webhooks = Router::new()
        .route("/api/connectors/{connector}/webhook", post(webhooks::receive))
        .route("/api/connectors/{connector}/webhook/transactions", post(webhooks::receive));
    let pages = site::router(state);
    middleware::layered(api.merge(connect::routes(state)).merge(pages), webhooks, state).with_state(state.clone())
}
