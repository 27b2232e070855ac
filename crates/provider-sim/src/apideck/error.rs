//! Apideck's errors.
//!
//! Owns their shape and words (<https://developers.apideck.com/errors>). Must not know what went wrong.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::OverBudget;

/// An error as Apideck answers it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    type_name: &'static str,
    message: &'static str,
    detail: &'static str,
}

impl ApiError {
    const fn new(status: StatusCode, type_name: &'static str, message: &'static str, detail: &'static str) -> Self {
        Self { status, type_name, message, detail }
    }

    /// The API key or the application's id is missing or wrong.
    pub(super) const UNAUTHORIZED: Self =
        Self::new(StatusCode::UNAUTHORIZED, "UnauthorizedError", "Unauthorized Request", "Missing authentication");
    /// A required header is missing.
    pub(super) const BAD_HEADERS: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "RequestHeadersValidationError",
        "Invalid Params",
        "x-apideck-consumer-id is needed, and x-apideck-service-id where the consumer has several services",
    );
    /// A parameter has an invalid value.
    pub(super) const BAD_REQUEST: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "RequestValidationError",
        "Invalid Params",
        "a parameter has an invalid value",
    );
    /// A filter that this service does not know.
    pub(super) const BAD_FILTER: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "UnsupportedFiltersError",
        "Unsupported filters",
        "the filter is not supported",
    );
    /// A cursor that was not issued for this list.
    pub(super) const BAD_CURSOR: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "InvalidCursorError",
        "Invalid cursor",
        "the cursor is not valid for this list",
    );
    /// The consumer has no connection to this service.
    pub(super) const NO_CONNECTION: Self = Self::new(
        StatusCode::NOT_FOUND,
        "ConnectionNotFoundError",
        "Unknown Connection",
        "A valid connection could not be found",
    );
    /// There is no such record or route.
    pub(super) const NOT_FOUND: Self =
        Self::new(StatusCode::NOT_FOUND, "EntityNotFoundError", "Unknown Entity", "it does not exist");
    /// The connection is not authorised, or no longer authorised.
    pub(super) const NOT_AUTHORIZED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        "ConnectorCredentialsError",
        "Connection is not authorized",
        "the connection has to be authorized again",
    );
    /// The service accepts no more calls for now.
    pub(super) const RATE_LIMIT: Self = Self::new(
        StatusCode::TOO_MANY_REQUESTS,
        "ConnectorRateLimitError",
        "Connector Rate Limit Error",
        "the service takes no more calls for now",
    );

    /// An error with the status of a fault.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::TOO_MANY_REQUESTS => Self::RATE_LIMIT,
            StatusCode::UNAUTHORIZED => Self::UNAUTHORIZED,
            StatusCode::NOT_FOUND => Self::NOT_FOUND,
            status if status.is_client_error() => Self { status, ..Self::BAD_REQUEST },
            status => Self::new(status, "ConnectorExecutionError", "Connector execution failed", "try again later"),
        }
    }

    /// The answer for a call that exceeded a budget.
    pub(super) fn over_budget(self) -> Response {
        let mut response = self.into_response();
        response.extensions_mut().insert(OverBudget);
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        // For a rate limit the detail is an object, otherwise a text.
        let detail = if self.status == StatusCode::TOO_MANY_REQUESTS {
            json!({ "context": self.detail, "error": {} })
        } else {
            json!(self.detail)
        };
        let body = json!({
            "status_code": self.status.as_u16(),
            "error": self.status.canonical_reason().unwrap_or("Error"),
            "type_name": self.type_name,
            "message": self.message,
            "detail": detail,
            "ref": format!("https://developers.apideck.com/errors#{}", self.type_name.to_lowercase()),
        });
        (self.status, Json(body)).into_response()
    }
}
