//! `GET /api/connectors/{connector}/callback`: the user returns from the consent page.
//!
//! Owns the redirect, which leads to the connections page and never to an address from the request.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Redirect;
use wire::ErrorCode;

use super::ConnectorId;
use crate::connect::{Landing, Problem};
use crate::http::error::ApiError;
use crate::http::extract::{CurrentUser, QueryString};
use crate::state::AppState;

/// Sends the browser to the connections page.
pub(super) async fn come_back(
    State(state): State<AppState>,
    Extension(ConnectorId(connector)): Extension<ConnectorId>,
    user: Result<CurrentUser, ApiError>,
    query: Result<QueryString<BTreeMap<String, String>>, ApiError>,
) -> Redirect {
    let landing = match (user, query) {
        (Ok(CurrentUser(user)), Ok(QueryString(mut parameters))) => match parameters.remove("state") {
            Some(sent) => state.flows.come_back(&connector, &user.user_id, &sent, parameters).await,
            None => Landing::Problem(Problem::Expired),
        },
        // The attempt stays open, so that the user can retry the callback.
        (Err(error), _) if is_passing(&error) => Landing::Problem(Problem::Unavailable),
        _ => Landing::Problem(Problem::Expired),
    };
    match landing {
        Landing::Connected => Redirect::to(&format!("/connections?connected={connector}")),
        Landing::Problem(problem) => Redirect::to(&format!("/connections?problem={}", problem.code())),
    }
}

/// Whether the error is temporary and says nothing about the user.
fn is_passing(error: &ApiError) -> bool {
    matches!(
        error.code(),
        ErrorCode::RateLimited | ErrorCode::Unavailable | ErrorCode::AuthUnavailable | ErrorCode::Internal
    )
}
