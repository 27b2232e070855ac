//! Signing in to the demo with one click.
//!
//! Owns that call, which exists in demo mode only. Must not sign anyone in outside the demo.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::Deserialize;
use wire::ErrorCode;

use super::error::ApiError;
use super::session;
use crate::demo;
use crate::http::extract::Submitted;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choice {
    user_id: String,
}

/// `POST /api/demo/session`
pub(super) async fn start(
    State(state): State<AppState>,
    headers: HeaderMap,
    submitted: Submitted<Choice>,
) -> Result<Response, ApiError> {
    if !state.config.demo {
        return Err(ErrorCode::NotFound.into());
    }
    let choice = submitted.value?;
    let person = demo::PEOPLE.iter().find(|person| person.user_id == choice.user_id).ok_or(ErrorCode::NotFound)?;
    let (user_id, name) = (person.user_id.to_owned(), person.name.to_owned());
    let cookie = session::begin(&state, &headers, user_id, name, None).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}
