//! Signing in and out at the dashboard.
//!
//! Owns the two proofs that start a session (an e-mail address and password, or the host
//! application's JWT) and the answers for scripts and for plain forms. Must not keep a password.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use wire::ErrorCode;

use super::error::ApiError;
use crate::auth::extract::{CurrentUser, JsonBody};
use crate::auth::password::Busy;
use crate::limits::TooMany;
use crate::net::peer::Peer;
use crate::state::AppState;

/// The longest e-mail address there is (RFC 3696, erratum 1690).
const LONGEST_EMAIL: usize = 254;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    success: bool,
    user_id: String,
}

/// `POST /api/session`: JSON is answered with JSON, a form with a redirect.
pub(super) async fn start(State(state): State<AppState>, request: Request) -> Response {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let peer = request.extensions().get::<Peer>().cloned();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return match by_form(&state, request).await {
            Ok(response) => response,
            Err(Failed { error, .. }) => {
                Redirect::to(&format!("/sign-in?error={}", error.code().as_str())).into_response()
            }
        };
    }
    let proof = JsonBody::<Proof>::from_request(request, &()).await.map(|JsonBody(proof)| proof);
    match sign_in(&state, peer, proof).await {
        Ok((user_id, cookie)) => ([(SET_COOKIE, cookie)], Json(SignedIn { success: true, user_id })).into_response(),
        Err(error) => error.into_response(),
    }
}

/// A form that came to nothing.
#[cfg_attr(not(feature = "ui"), expect(dead_code, reason = "only the dashboard shows the form again"))]
pub(crate) struct Failed {
    /// Why.
    pub(crate) error: ApiError,
    /// The e-mail address in it, for the form to be shown again; nothing where none can be that long.
    pub(crate) email: String,
}

/// Signs in by a plain form: with a cookie, the browser is sent to the dashboard.
pub(crate) async fn by_form(state: &AppState, request: Request) -> Result<Response, Failed> {
    let peer = request.extensions().get::<Peer>().cloned();
    let proof = axum::Form::<Proof>::from_request(request, &()).await.map_err(|_| ErrorCode::BadRequest.into());
    let proof = proof.map(|axum::Form(proof)| proof);
    let email = proof.as_ref().ok().and_then(|proof| proof.email.clone());
    match sign_in(state, peer, proof).await {
        Ok((_, cookie)) => Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()),
        Err(error) => {
            let email = email.filter(|email| email.len() <= LONGEST_EMAIL).unwrap_or_default();
            Err(Failed { error, email })
        }
    }
}

/// `GET /api/session`: who is signed in.
pub(super) async fn show(CurrentUser(user): CurrentUser) -> Response {
    Json(SignedIn { success: true, user_id: user.user_id }).into_response()
}

/// `DELETE /api/session`
pub(super) async fn end(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let cookie = sign_out(&state, &headers).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// `POST /api/session/end`: the same for a plain form.
pub(super) async fn end_by_form(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let cookie = sign_out(&state, &headers).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

/// Ends the session and closes the sockets that signed in with it.
async fn sign_out(state: &AppState, headers: &HeaderMap) -> Result<String, ApiError> {
    let cookie = state.cookies.end(headers).await?;
    if let Some(session) = state.cookies.id(headers) {
        state.gate.end_session(session);
    }
    Ok(cookie)
}

fn too_many_attempts(TooMany(seconds): TooMany) -> ApiError {
    ApiError::new(ErrorCode::RateLimited, "Too many attempts: wait a minute").retry_after(seconds)
}

/// Counted by address before the proof is looked at: checking a password costs time on purpose.
async fn sign_in(
    state: &AppState,
    peer: Option<Peer>,
    proof: Result<Proof, ApiError>,
) -> Result<(String, String), ApiError> {
    let signed_in = prove(state, peer, proof).await;
    state.metrics.signed_in("dashboard", signed_in.as_ref().map_or_else(|error| error.code().as_str(), |_| "accepted"));
    signed_in
}

async fn prove(
    state: &AppState,
    peer: Option<Peer>,
    proof: Result<Proof, ApiError>,
) -> Result<(String, String), ApiError> {
    if let Some(peer) = &peer {
        state.limits.sign_in_from(peer.address).map_err(too_many_attempts)?;
    }
    let (user_id, display_name) = match proof? {
        Proof { token: Some(token), display_name, .. } => {
            let identity = state.tokens.verify(&token, state.now()).await?;
            if identity.session.is_some() {
                // It is a page's, for its socket: a session must not outlive itself by way of it.
                return Err(ErrorCode::InvalidToken.into());
            }
            let display_name = display_name.filter(|name| !name.trim().is_empty() && name.len() <= 200);
            (identity.user_id.clone(), display_name.unwrap_or(identity.user_id))
        }
        Proof { email: Some(email), password: Some(password), .. } => {
            by_password(state, peer.as_ref(), email, password).await?
        }
        _ => return Err(ApiError::new(ErrorCode::BadRequest, "Send an email and a password, or a token")),
    };
    let cookie = state.cookies.start(user_id.clone(), display_name, state.now()).await?;
    Ok((user_id, cookie))
}

async fn by_password(
    state: &AppState,
    peer: Option<&Peer>,
    email: String,
    password: String,
) -> Result<(String, String), ApiError> {
    let email = email.trim().to_lowercase();
    if email.len() > LONGEST_EMAIL {
        return Err(ErrorCode::InvalidCredentials.into());
    }
    state.limits.password_for(&email, peer.map(|peer| peer.address)).map_err(too_many_attempts)?;
    let user = state.store.user_by_email(email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let is_good = state.passwords.verify(password, hash).await;
    let is_good = is_good.map_err(|Busy| ApiError::from(ErrorCode::Unavailable).retry_after(2))?;
    match user {
        Some(user) if is_good => Ok((user.user_id, user.display_name)),
        _ => Err(ErrorCode::InvalidCredentials.into()),
    }
}
