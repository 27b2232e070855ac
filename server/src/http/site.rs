//! The pages, where they are compiled in.
//!
//! Owns the choice between the dashboard and none, and the answer for unknown addresses of the API.
//! Must not know a page.

use axum::Router;
use axum::routing::any;
use wire::ErrorCode;

use super::error::ApiError;
use crate::state::AppState;

/// Everything that is not the API.
pub(super) fn router(state: &AppState) -> Router<AppState> {
    let unknown = any(|| async { ApiError::from(ErrorCode::NotFound) });
    let api = Router::new().route("/api/{*rest}", unknown.clone()).route("/health/{*rest}", unknown);
    #[cfg(feature = "ui")]
    return api.merge(crate::ui::router(state));
    #[cfg(not(feature = "ui"))]
    {
        let _ = state;
        api.fallback(|| async { ApiError::from(ErrorCode::NotFound) })
    }
}
