//! The consent page: imitates `/home` of consent.basiq.io.
//!
//! Owns the page and the redirect to the application. Must not make connections itself.
//!
//! Parameters: `token` (bound to the user), `state`, `action`, `institutionId`, `connectionId`
//! (<https://api.basiq.io/docs/consent-parameters>, <https://api.basiq.io/docs/consent-actions>).

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;

use crate::basiq::app::App;
use crate::basiq::error::ApiError;
use crate::basiq::institutions::INSTITUTIONS;
use crate::basiq::state::State as Basiq;
use crate::basiq::token::Access;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    token: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    institution_id: String,
    #[serde(default)]
    connection_id: String,
    cancel: Option<String>,
}

/// `GET /home`: the banks to choose from, each with a button.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Parameters>,
) -> Result<Html<String>, ApiError> {
    user_of(&app, &parameters.token)?;
    let hidden = |name: &str, value: &str| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value));
    let fields = [
        hidden("token", &parameters.token),
        hidden("state", &parameters.state),
        hidden("action", &parameters.action),
        hidden("connectionId", &parameters.connection_id),
    ]
    .concat();
    let chosen = |id: &str| parameters.institution_id.is_empty() || parameters.institution_id == id;
    let buttons: String = INSTITUTIONS
        .iter()
        .filter(|(id, _)| chosen(id))
        .map(|(id, name)| format!(r#"<button name="institutionId" value="{id}">{name}</button> "#))
        .collect();
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><title>Connect your bank</title><h1>Connect your bank</h1>\
         <p>A simulation: there is no bank behind it.</p><form method=\"post\">{fields}{buttons}\
         <button name=\"cancel\" value=\"yes\">Cancel</button></form></html>"
    )))
}

/// `POST /home`: the user agrees, and returns to the application with `jobId` and `state`.
pub(super) async fn agree(
    State(app): State<Arc<App>>,
    Form(parameters): Form<Parameters>,
) -> Result<Redirect, ApiError> {
    let user = user_of(&app, &parameters.token)?;
    if parameters.cancel.is_some() {
        return Ok(Redirect::to(&way_back(&app, None, &parameters.state)));
    }
    let job = app.with(|state, now| {
        let unknown = |_| ApiError::not_found("Requested resource is not found");
        match parameters.action.as_str() {
            "reauthorise" | "extend" => {
                let connection = &parameters.connection_id;
                is_of_user(state, &user, connection)?;
                state.begin_reauthorise(connection, now).map_err(unknown)
            }
            action => {
                // "update" with other scopes revokes the consent, which deletes every connection.
                if action == "update" {
                    state.revoke(&user, now);
                }
                let institution = if parameters.institution_id.is_empty() {
                    INSTITUTIONS[0].0
                } else {
                    parameters.institution_id.as_str()
                };
                state.begin_connect(&user, institution, now).map_err(unknown)
            }
        }
    })?;
    let back = way_back(&app, Some(&job), &parameters.state);
    app.finish_in_time(job);
    Ok(Redirect::to(&back))
}

/// The application's address with `jobId` and `state`. Basiq does not document the parameters for a user who cancels:
/// here there is no job.
fn way_back(app: &App, job: Option<&str>, state: &str) -> String {
    let address = app.with(|known, _| known.redirect_url.clone());
    let parameters = [("jobId", job.unwrap_or_default()), ("state", state)];
    let query = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = query.map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    let separator = if address.contains('?') { '&' } else { '?' };
    if query.is_empty() { address } else { format!("{address}{separator}{}", query.join("&")) }
}

fn user_of(app: &App, token: &str) -> Result<String, ApiError> {
    app.with(|state, now| match state.tokens.access(token, now) {
        Ok(Access::Client(user)) => Ok(user.clone()),
        Ok(Access::Server) | Err(_) => Err(ApiError::invalid_token()),
    })
}

fn is_of_user(state: &Basiq, user: &str, connection: &str) -> Result<(), ApiError> {
    let is_theirs = state.bank.connection(connection).is_ok_and(|known| known.user == user);
    if is_theirs { Ok(()) } else { Err(ApiError::not_valid("connectionId", "Connection ID value is not valid")) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Encodes everything except RFC 3986's unreserved characters.
fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}
