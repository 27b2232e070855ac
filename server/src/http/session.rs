//! Signing in and out at the dashboard.
//!
//! Owns the two kinds of credentials that start a session (e-mail address and password, or the host application's JWT),
//! and the answers for scripts and for HTML forms. Must not store a password.

use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Json};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::ErrorCode;

use super::error::ApiError;
use crate::auth::password::Busy;
use crate::http::extract::{CurrentUser, Submitted};
use crate::limits::TooMany;
use crate::net::peer::Peer;
use crate::state::AppState;

/// The longest e-mail address there is (RFC 3696, erratum 1690).
const LONGEST_EMAIL: usize = 254;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proof {
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
pub(super) async fn start(
    State(state): State<AppState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    submitted: Submitted<Proof>,
) -> Response {
    let Submitted { value: proof, is_form } = submitted;
    match (sign_in(&state, peer.as_deref(), &headers, proof).await, is_form) {
        (Ok((user_id, cookie)), false) => {
            ([(SET_COOKIE, cookie)], Json(SignedIn { success: true, user_id })).into_response()
        }
        (Err(error), false) => error.into_response(),
        (Ok((_, cookie)), true) => ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        (Err(error), true) => Redirect::to(&format!("/sign-in?error={}", error.code().as_str())).into_response(),
    }
}

/// A failed sign-in by form.
#[cfg_attr(not(feature = "ui"), expect(dead_code, reason = "only the dashboard shows the form again"))]
pub(crate) struct Failed {
    /// The reason.
    pub(crate) error: ApiError,
    /// The submitted e-mail address, for showing the form again; empty if it is too long to be one.
    pub(crate) email: String,
}

/// Signs in by a plain HTML form: on success, redirects the browser to the dashboard with a cookie.
#[cfg_attr(not(feature = "ui"), expect(dead_code, reason = "only the dashboard shows the form again"))]
pub(crate) async fn by_form(state: &AppState, request: Request) -> Result<Response, Failed> {
    let (peer, headers) = (request.extensions().get::<Peer>().cloned(), request.headers().clone());
    let Ok(Submitted { value: proof, .. }) = Submitted::<Proof>::from_request(request, state).await;
    let email = proof.as_ref().ok().and_then(|proof| proof.email.clone());
    match sign_in(state, peer.as_ref(), &headers, proof).await {
        Ok((_, cookie)) => Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()),
        Err(error) => {
            let email = email.filter(|email| email.len() <= LONGEST_EMAIL).unwrap_or_default();
            Err(Failed { error, email })
        }
    }
}

/// `GET /api/session`: the signed-in user.
pub(super) async fn show(CurrentUser(user): CurrentUser) -> Response {
    Json(SignedIn { success: true, user_id: user.user_id }).into_response()
}

/// `DELETE /api/session`
pub(super) async fn end(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let cookie = sign_out(&state, &headers).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// `POST /api/session/end`: the same for a plain HTML form.
pub(super) async fn end_by_form(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let cookie = sign_out(&state, &headers).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

/// Ends the session and closes the sockets that signed in with it.
async fn sign_out(state: &AppState, headers: &HeaderMap) -> Result<String, ApiError> {
    let cookie = state.cookies.end(headers).await?;
    if let Some(session) = state.cookies.id(headers) {
        state.feed.end_session(session);
    }
    Ok(cookie)
}

fn too_many_attempts(TooMany(seconds): TooMany) -> ApiError {
    ApiError::new(ErrorCode::RateLimited, "Too many attempts: wait a minute").retry_after(seconds)
}

/// A user who has authenticated, and when the proof expires, if it does.
struct Proved {
    user_id: String,
    display_name: String,
    until: Option<Timestamp>,
}

/// Counts attempts by address before it checks credentials: checking a password is deliberately expensive.
async fn sign_in(
    state: &AppState,
    peer: Option<&Peer>,
    headers: &HeaderMap,
    proof: Result<Proof, ApiError>,
) -> Result<(String, String), ApiError> {
    let signed_in = async {
        let Proved { user_id, display_name, until } = prove(state, peer, proof).await?;
        let cookie = begin(state, headers, user_id.clone(), display_name, until).await?;
        Ok((user_id, cookie))
    };
    let signed_in = signed_in.await;
    let outcome = signed_in.as_ref().map_or_else(|error: &ApiError| error.code().as_str(), |_| "accepted");
    state.metrics.signed_in("dashboard", outcome);
    signed_in
}

/// Starts a session and ends the browser's previous one (OWASP ASVS 5.0, 7.2.4). Returns the cookie.
pub(super) async fn begin(
    state: &AppState,
    headers: &HeaderMap,
    user_id: String,
    display_name: String,
    until: Option<Timestamp>,
) -> Result<String, ApiError> {
    let cookie = state.cookies.start(user_id, display_name, until, state.now()).await?;
    sign_out(state, headers).await?;
    Ok(cookie)
}

async fn prove(state: &AppState, peer: Option<&Peer>, proof: Result<Proof, ApiError>) -> Result<Proved, ApiError> {
    if let Some(peer) = peer {
        state.limits.sign_in_from(peer.address).await.map_err(too_many_attempts)?;
    }
    match proof? {
        Proof { token: Some(token), display_name, .. } => {
            let identity = state.tokens.verify(&token, state.now()).await?;
            // A token with a session was issued for a page's socket: it must not start a session that outlives the
            // page's. A token that is valid only because of the clock tolerance starts none either.
            if identity.session.is_some() || identity.expires_at <= state.now() {
                return Err(ErrorCode::InvalidToken.into());
            }
            let display_name = display_name.filter(|name| !name.trim().is_empty() && name.len() <= 200);
            let display_name = display_name.unwrap_or_else(|| identity.user_id.clone());
            Ok(Proved { user_id: identity.user_id, display_name, until: Some(identity.expires_at) })
        }
        Proof { email: Some(email), password: Some(password), .. } => {
            let (user_id, display_name) = by_password(state, peer, email, password).await?;
            Ok(Proved { user_id, display_name, until: None })
        }
        _ => Err(ApiError::new(ErrorCode::BadRequest, "Send an email and a password, or a token")),
    }
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
    state.limits.password_for(&email, peer.map(|peer| peer.address)).await.map_err(too_many_attempts)?;
    let user = state.store.user_by_email(email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let is_good = state.passwords.verify(password, hash, peer.map(|peer| peer.address)).await;
    let is_good = is_good.map_err(|Busy| ApiError::from(ErrorCode::Unavailable).retry_after(2))?;
    match user {
        Some(user) if is_good => Ok((user.user_id, user.display_name)),
        _ => Err(ErrorCode::InvalidCredentials.into()),
    }
}
