//! Bodies, paths and queries as arguments of a handler.
//!
//! Owns that unreadable input is answered with the common error body. Must not decide what values mean.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{Form, FromRequest, FromRequestParts, Json, Path, Query, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::de::DeserializeOwned;
use wire::ErrorCode;

use crate::http::error::ApiError;

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

/// A body as received.
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

/// The text of a JSON body, without a leading byte order mark.
pub(crate) fn json_text(body: &[u8]) -> Result<&str, ApiError> {
    let message = |reason: connectors::NotText| format!("The body cannot be read: {reason}");
    connectors::json_text(body).map_err(|reason| ApiError::new(ErrorCode::BadRequest, message(reason)))
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

/// The input of an HTML form or a program. Each is answered in its own format, even if the input is malformed.
#[derive(Debug)]
pub struct Submitted<T> {
    /// The submitted value.
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
            // A path that is not UTF-8 matches nothing.
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
