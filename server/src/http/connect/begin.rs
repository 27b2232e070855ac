//! `POST /api/connectors/basiq/consent`, `…/apideck/session`, `…/plaid/link-token`.
//!
//! Owns the answer with the consent page's URL, and finding out the server's own address. Must not know a provider.

use axum::extract::State;
use axum::{Extension, Json};
use http::HeaderMap;
use http::header::ORIGIN;
use wire::ErrorCode;
use wire::api::{ConnectAnswer, ConnectRequest};

use super::ConnectorId;
use crate::auth::origin;
use crate::http::error::ApiError;
use crate::http::extract::{CurrentUser, RawBody, json_text};
use crate::http::ids;
use crate::state::AppState;

/// The longest e-mail address there is (RFC 3696, erratum 1690).
const LONGEST_EMAIL: usize = 254;

/// Answers with the address of the provider's consent page. The request body is optional.
pub(super) async fn begin(
    State(state): State<AppState>,
    Extension(ConnectorId(connector)): Extension<ConnectorId>,
    CurrentUser(user): CurrentUser,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<ConnectAnswer>, ApiError> {
    let request = read(&body)?;
    state.limits.connect_of_user(&user.user_id).await?;
    let server = server_address(&state, &headers);
    let began = state.flows.begin(&connector, &user.user_id, request, server.as_deref()).await?;
    Ok(Json(ConnectAnswer { success: true, url: began.url, link_token: began.token }))
}

fn read(body: &[u8]) -> Result<ConnectRequest, ApiError> {
    let text = json_text(body)?;
    if text.trim().is_empty() {
        return Ok(ConnectRequest::default());
    }
    let request: ConnectRequest =
        serde_json::from_str(text).map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()))?;
    request.connection_id.as_deref().map_or(Ok(()), |id| ids::check("connectionId", id))?;
    let is_email =
        |email: &String| email.len() <= LONGEST_EMAIL && email.contains('@') && !email.contains(char::is_control);
    if request.email.as_ref().is_some_and(|email| !is_email(email)) {
        return Err(ApiError::new(ErrorCode::BadRequest, "email is not an e-mail address"));
    }
    Ok(request)
}

/// The server's address as browsers see it: the configured one, else the origin of the request if it is the server's
/// own.
fn server_address(state: &AppState, headers: &HeaderMap) -> Option<String> {
    if let Some(configured) = &state.config.http.public_url {
        return Some(configured.clone());
    }
    let own = headers.get(ORIGIN).filter(|_| origin::is_own(headers))?;
    own.to_str().ok().map(str::to_owned)
}
