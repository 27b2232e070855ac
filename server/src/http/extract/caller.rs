//! The caller of a request as an argument of a handler.
//!
//! Owns how a request's headers identify a caller. Must not decide what the caller may do.

use axum::extract::FromRequestParts;
use http::request::Parts;
use wire::ErrorCode;

use crate::auth::presented::{self, bearer};
use crate::auth::{self, Identity};
use crate::http::error::ApiError;
use crate::state::AppState;

/// The signed-in user of a request: a bearer token or the dashboard's cookie.
#[derive(Debug)]
pub struct CurrentUser(pub Identity);

/// A caller with the service secret.
#[derive(Debug)]
pub struct Service;

/// An administrator, who may inspect and retry stuck deliveries and calls: one of `ADMIN_USERS`, or a service.
#[derive(Debug)]
pub struct Admin {
    /// The user's id, or `service`: for the log.
    pub who: String,
}

/// A user or a service.
#[derive(Debug)]
pub enum Caller {
    /// A user, who sees their own data only.
    User(Identity),
    /// The core app, which sees everything.
    Service,
}

impl Caller {
    /// The user whose data the call concerns; `None` for a service, which sees all users' data.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::User(identity) => Some(&identity.user_id),
            Self::Service => None,
        }
    }
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let identity = match bearer(&parts.headers) {
            Some(token) => auth::of_token(&state.tokens, state.store.as_ref(), token, state.now()).await?,
            None => {
                let session = state.cookies.identity(&parts.headers, state.now()).await?;
                session.ok_or_else(|| no_credentials(parts))?
            }
        };
        state.limits.call_of(&identity.user_id).await?;
        Ok(Self(identity))
    }
}

impl FromRequestParts<AppState> for Service {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if is_service(parts, state) {
            Ok(Self)
        } else {
            Err(ApiError::new(ErrorCode::Unauthorized, "The service secret is missing or wrong"))
        }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if is_service(parts, state) {
            return Ok(Self::Service);
        }
        let CurrentUser(identity) = CurrentUser::from_request_parts(parts, state).await?;
        Ok(Self::User(identity))
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, state).await? {
            Caller::Service => Ok(Self { who: "service".to_owned() }),
            Caller::User(identity) if state.config.is_admin(&identity.user_id) => Ok(Self { who: identity.user_id }),
            Caller::User(_) => Err(ErrorCode::Forbidden.into()),
        }
    }
}

fn no_credentials(parts: &Parts) -> ApiError {
    if presented::is_in_address(&parts.uri) {
        let sentence = format!("Sign in first: {}; send it as `Authorization: Bearer`", presented::NOT_IN_ADDRESS);
        return ApiError::new(ErrorCode::Unauthorized, sentence);
    }
    ErrorCode::Unauthorized.into()
}

fn is_service(parts: &Parts, state: &AppState) -> bool {
    let header = parts.headers.get("x-service-secret").and_then(|value| value.to_str().ok());
    let candidates = [header, bearer(&parts.headers)];
    candidates.into_iter().flatten().any(|candidate| {
        // Every secret is compared, so that the time does not reveal which one matched.
        state.config.auth.service_secrets.iter().fold(false, |found, secret| found | secret.matches(candidate))
    })
}
