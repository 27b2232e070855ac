//! The routes of Apideck's API.
//!
//! Owns the mapping of paths to handlers. Must not know how an answer is made.

mod access;
mod accounting;
mod query;
mod sessions;
mod vault;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use super::app::App;
use super::error::ApiError;
use super::record::RecordKind;

/// All routes.
pub(super) fn routes(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/accounting/ledger-accounts", get(accounting::accounts))
        .route("/accounting/ledger-accounts/{id}", get(accounting::account))
        .route("/vault/connections", get(vault::list))
        .route("/vault/connections/{unified_api}/{service_id}", get(vault::show).delete(vault::delete))
        .route("/vault/sessions", post(sessions::create))
        // The page of vault.apideck.com.
        .route("/session/{token}", get(sessions::page).post(sessions::choose));
    for kind in [RecordKind::Expense, RecordKind::Payment, RecordKind::BillPayment] {
        let path = format!("/accounting/{}", kind.resource());
        router = router
            .route(&path, get(accounting::list).layer(Extension(kind)))
            .route(&format!("{path}/{{id}}"), get(accounting::show).layer(Extension(kind)));
    }
    router.fallback(async || ApiError::NOT_FOUND).with_state(app)
}
