//! Proofs as arguments of a handler.
//!
//! Owns how a request's headers become a caller, and bodies and queries become values with the one
//! error body. Must not decide what the caller may do.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{Form, FromRequest, FromRequestParts, Json, Path, Query, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::de::DeserializeOwned;
use wire::ErrorCode;

use super::Identity;
use crate::auth;
use crate::auth::presented::{self, bearer};
use crate::http::error::ApiError;
use crate::state::AppState;

/// The signed-in user of a request: a bearer token or the dashboard's cookie.
#[derive(Debug)]
pub struct CurrentUser(pub Identity);

/// Somebody with the service secret.
#[derive(Debug)]
pub struct Service;

/// Somebody who may see and run again what is stuck: one of `ADMIN_USERS`, or a service.
#[derive(Debug)]
pub struct Admin {
    /// The user's id, or `service`: for the log.
    pub who: String,
}

/// A user or a service.
#[derive(Debug)]
pub enum Caller {
    /// A user, who sees what is their own.
    User(Identity),
    /// The core app, which sees everything.
    Service,
}

impl Caller {
    /// Whose data the call is about; nothing where it is everybody's.
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
                session.ok_or_else(|| signed_in_by_nothing(parts))?
            }
        };
        state.limits.call_of(&identity.user_id)?;
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

fn signed_in_by_nothing(parts: &Parts) -> ApiError {
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
        // Every secret is compared, so that the time tells nothing of which one matched.
        state.config.auth.service_secrets.iter().fold(false, |found, secret| found | secret.matches(candidate))
    })
}

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let RawBody(body) = RawBody::from_request(Request::from_parts(parts.clone(), body), state).await?;
        let text = body.slice_ref(json_text(&body)?.as_bytes());
        match Json::<T>::from_request(Request::from_parts(parts, text.into()), state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(of_body(rejection.status(), rejection.body_text())),
        }
    }
}

/// A body as it came.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Bytes::from_request(request, state).await {
            Ok(body) => Ok(Self(body)),
            Err(rejection) => Err(of_body(rejection.status(), rejection.body_text())),
        }
    }
}

/// The text of a body that is JSON, which may have a byte order mark in front of it.
pub(crate) fn json_text(body: &[u8]) -> Result<&str, ApiError> {
    let told = |reason: connectors::NotText| format!("The body cannot be read: {reason}");
    connectors::json_text(body).map_err(|reason| ApiError::new(ErrorCode::BadRequest, told(reason)))
}

fn of_body(status: StatusCode, text: String) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge.into(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ApiError::new(ErrorCode::UnsupportedMediaType, "Send JSON, with Content-Type: application/json")
        }
        _ => ApiError::new(ErrorCode::BadRequest, text),
    }
}

/// What a page's plain form or a program submits; each is answered in its own way, also where it is malformed.
#[derive(Debug)]
pub struct Submitted<T> {
    /// What was submitted.
    pub value: Result<T, ApiError>,
    /// Whether it was a form.
    pub is_form: bool,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Submitted<T> {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        let value = if is_form {
            let form = Form::<T>::from_request(request, state).await.map(|Form(value)| value);
            form.map_err(|rejection| of_body(rejection.status(), rejection.body_text()))
        } else {
            JsonBody::<T>::from_request(request, state).await.map(|JsonBody(value)| value)
        };
        Ok(Self { value, is_form })
    }
}

/// The variable parts of an address.
#[derive(Debug)]
pub struct PathParts<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathParts<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            // What is no text names nothing that there is.
            Err(_) => Err(ErrorCode::NotFound.into()),
        }
    }
}

/// A query string.
#[derive(Debug)]
pub struct QueryString<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryString<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(ApiError::new(ErrorCode::BadRequest, rejection.body_text())),
        }
    }
}
