//! Signing in to the demo with one click.
//!
//! Owns that one call, which exists in demo mode only. Must not let anybody in anywhere else.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::SET_COOKIE;
use serde::Deserialize;
use wire::ErrorCode;

use super::error::ApiError;
use crate::demo;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choice {
    user_id: String,
}

/// `POST /api/demo/session`
pub(super) async fn start(State(state): State<AppState>, Form(choice): Form<Choice>) -> Result<Response, ApiError> {
    if !state.config.demo {
        return Err(ErrorCode::NotFound.into());
    }
    let person = demo::PEOPLE.iter().find(|person| person.user_id == choice.user_id).ok_or(ErrorCode::NotFound)?;
    let (user_id, name) = (person.user_id.to_owned(), person.name.to_owned());
    let cookie = state.cookies.start(user_id, name, state.now()).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}
