//! Hosted Link: the page that Plaid shows at a `hosted_link_url`.
//!
//! Owns the page and the redirect to the application. Must not make items itself
//! (<https://plaid.com/docs/link/hosted-link/>).

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::plaid::app::App;
use crate::plaid::error::ApiError;
use crate::plaid::state::INSTITUTION;

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    leave: Option<String>,
}

/// The bank, with a button to agree and one to leave.
pub(super) async fn page(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Html<String>, ApiError> {
    app.with(|state, now| state.open_link(&token, now)).map_err(|_| ApiError::NOT_FOUND)?;
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><title>Connect your bank</title><h1>Connect your bank</h1>\
         <p>A simulation: there is no bank behind it.</p><form method=\"post\">\
         <button name=\"institution\" value=\"{}\">{}</button> \
         <button name=\"leave\" value=\"yes\">Leave</button></form></html>",
        INSTITUTION.0, INSTITUTION.1
    )))
}

/// The user agrees or leaves, and returns to the application.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    Form(choice): Form<Choice>,
) -> Result<Response, ApiError> {
    let back = app.with(|state, _| state.links.get(&token).map(|link| link.completion_redirect_uri.clone()));
    let back = back.ok_or(ApiError::NOT_FOUND)?;
    if choice.leave.is_some() {
        app.with(|state, now| state.leave_link(&token, now)).map_err(|_| ApiError::NOT_FOUND)?;
    } else {
        app.complete_link(&token).map_err(|_| ApiError::NOT_FOUND)?;
    }
    Ok(match back {
        Some(address) => Redirect::to(&address).into_response(),
        None => Html("<!doctype html><html lang=\"en\"><title>Done</title><p>You can close this page.</p></html>")
            .into_response(),
    })
}
