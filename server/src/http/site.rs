//! The dashboard's pages, if they are compiled in.
//!
//! Owns the choice between the dashboard and none, and the answer for unknown addresses of the API.
//! Must not know a page.

use axum::Router;
use axum::routing::any;
use wire::ErrorCode;

use super::error::ApiError;
use crate::state::AppState;

/// Every route outside the API.
pub(super) fn router(state: &AppState) -> Router<AppState> {
    let unknown = any(|| async { ApiError::from(ErrorCode::NotFound) });
    let api = ["/api", "/api/{*rest}", "/health", "/health/{*rest}"]
        .into_iter()
        .fold(Router::new(), |api, address| api.route(address, unknown.clone()));
    #[cfg(feature = "ui")]
    return api.merge(crate::ui::router(state));
    #[cfg(not(feature = "ui"))]
    {
        let _ = state;
        api.fallback(|| async { ApiError::from(ErrorCode::NotFound) })
    }
}
