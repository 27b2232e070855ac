//! For administrators: stuck deliveries and calls, and retrying them.
//!
//! Owns how these calls are answered, to programs and to HTML forms. Must not decide who is an administrator
//! ([`Admin`](crate::http::extract::Admin) does).

pub(super) mod inbox;
pub(super) mod outbox;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use wire::ErrorCode;

use super::error::ApiError;

#[derive(Serialize)]
struct Answer<T> {
    success: bool,
    #[serde(flatten)]
    content: T,
}

/// An answer, which may contain banking data and is therefore never cached.
fn answer<T: Serialize>(content: T) -> Response {
    let mut response = Json(Answer { success: true, content }).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_form(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// Answers a program with the result, and redirects a form to a page that shows it.
fn finish<T: Serialize>(is_form: bool, done: Result<T, ApiError>, word: impl FnOnce(&T) -> String) -> Response {
    let place = match (is_form, done) {
        (false, Ok(content)) => return answer(content),
        (false, Err(error)) => return error.into_response(),
        (true, Ok(content)) => format!("/admin?done={}", word(&content)),
        (true, Err(error)) => match error.code() {
            ErrorCode::Unauthorized => "/sign-in?error=UNAUTHORIZED".to_owned(),
            code => format!("/admin?done={}", code.as_str()),
        },
    };
    Redirect::to(&place).into_response()
}
