//! The routes of Plaid's API.
//!
//! Owns the mapping of paths to handlers. Must not know how an answer is made.

mod hosted;
mod items;
mod keys;
mod link;
mod request;
mod transactions;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::app::App;
use super::error::ApiError;

/// All routes.
pub(super) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/link/token/create", post(link::create_token))
        .route("/link/token/get", post(link::show_token))
        // The page of secure.plaid.com.
        .route("/link/{token}", get(hosted::page).post(hosted::choose))
        .route("/sandbox/public_token/create", post(link::create_public_token))
        .route("/item/public_token/exchange", post(link::exchange))
        .route("/item/get", post(items::show))
        .route("/item/remove", post(items::remove))
        .route("/accounts/get", post(items::accounts))
        .route("/transactions/sync", post(transactions::sync))
        .route("/transactions/refresh", post(transactions::refresh))
        .route("/webhook_verification_key/get", post(keys::show))
        .fallback(async || ApiError::NOT_FOUND)
        .with_state(app)
}
