//! The routes of Basiq's API.
//!
//! Owns the mapping of paths to handlers. Must not know how an answer is made.

mod accounts;
mod auth_links;
mod connections;
mod connectors;
mod consent;
mod events;
mod jobs;
mod tokens;
mod transactions;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::app::App;
use super::error::ApiError;

/// A filter that cannot be read or is not supported there.
const BAD_FILTER: ApiError =
    ApiError::not_valid("filter", "The provided filter parameter is in invalid format or unsupported");

/// All routes.
pub(super) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/token", post(tokens::create))
        .route("/users", post(users::create))
        .route("/users/{userId}", get(users::show).delete(users::delete))
        .route("/users/{userId}/auth_link", post(auth_links::create))
        .route("/users/{userId}/connections", get(connections::list))
        .route("/users/{userId}/connections/refresh", post(connections::refresh_all))
        .route("/users/{userId}/connections/{connectionId}", get(connections::show).delete(connections::delete))
        .route("/users/{userId}/connections/{connectionId}/refresh", post(connections::refresh))
        .route("/users/{userId}/accounts", get(accounts::list))
        .route("/users/{userId}/accounts/{accountId}", get(accounts::show))
        .route("/users/{userId}/transactions", get(transactions::list))
        .route("/users/{userId}/transactions/{transactionId}", get(transactions::show))
        .route("/users/{userId}/jobs", get(jobs::list))
        .route("/jobs/{jobId}", get(jobs::show))
        .route("/connectors/{connectorId}/{method}", get(connectors::show))
        .route("/events", get(events::list))
        .route("/events/types", get(events::types))
        .route("/events/{id}", get(events::show))
        // The pages of consent.basiq.io and connect.basiq.io.
        .route("/home", get(consent::page).post(consent::agree))
        .route("/link/{id}", get(auth_links::open))
        .fallback(async || ApiError::not_found("Requested resource is not found"))
        .with_state(app)
}
