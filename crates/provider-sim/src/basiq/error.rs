//! Basiq's errors.
//!
//! Owns their shape and words (<https://api.basiq.io/docs/http-errors-per-endpoint>). Must not know what went wrong.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::{OverBudget, whole_seconds};

/// An error as Basiq answers it.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: &'static str,
    parameter: Option<&'static str>,
    retry_after: Option<Duration>,
    is_over_budget: bool,
}

impl ApiError {
    const fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &'static str) -> Self {
        Self { status, code, title, detail, parameter: None, retry_after: None, is_over_budget: false }
    }

    /// 400: a parameter has an invalid value.
    pub(super) const fn not_valid(parameter: &'static str, detail: &'static str) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, "parameter-not-valid", "Parameter value is not valid.", detail);
        Self { parameter: Some(parameter), ..error }
    }

    /// 400: a parameter is missing.
    pub(super) const fn not_supplied(parameter: &'static str, detail: &'static str) -> Self {
        let error =
            Self::new(StatusCode::BAD_REQUEST, "parameter-not-supplied", "Required parameter not supplied", detail);
        Self { parameter: Some(parameter), ..error }
    }

    /// 400: the bank does not accept the connection.
    pub(super) const fn invalid_credentials() -> Self {
        let detail =
            "Cannot login to target institution using supplied credentials. Please check credentials and try again.";
        Self::new(StatusCode::BAD_REQUEST, "invalid-credentials", "Cannot login to target institution", detail)
    }

    /// 401: a token that was never issued, or none.
    pub(super) const fn invalid_token() -> Self {
        let detail = "Invalid authorization token.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid-authorization-token", "Unauthorized Access", detail)
    }

    /// 403: an expired token, or one with another scope.
    pub(super) const fn forbidden(detail: &'static str) -> Self {
        let error = Self::new(StatusCode::FORBIDDEN, "forbidden-access", "Forbidden Access", detail);
        Self { parameter: Some("authorization"), ..error }
    }

    /// 404.
    pub(super) const fn not_found(detail: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource-not-found", "Requested resource is not found", detail)
    }

    /// An error with the status of a fault.
    pub(super) const fn of_status(status: StatusCode, retry_after: Option<Duration>) -> Self {
        let (code, title, detail) = match status {
            StatusCode::TOO_MANY_REQUESTS => ("too-many-requests", "Too many requests", "Query limit reached."),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("service-unavailable", "Service Unavailable", "Service Unavailable. Try again later.")
            }
            StatusCode::UNAUTHORIZED => {
                ("unauthorized-access", "Unauthorized Access", "You are not authorized to access this resource")
            }
            StatusCode::FORBIDDEN => ("forbidden-access", "Forbidden Access", "Access to this resource is forbidden."),
            _ => ("internal-server-error", "Internal Server error.", "Internal Server error. Contact support."),
        };
        Self { retry_after, ..Self::new(status, code, title, detail) }
    }

    /// Marks the error of a call that exceeded a budget.
    pub(super) fn over_budget(mut self) -> Self {
        self.is_over_budget = true;
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut item = json!({ "type": "error", "code": self.code, "title": self.title, "detail": self.detail });
        if let Some(parameter) = self.parameter.or((self.status == StatusCode::FORBIDDEN).then_some("authorization")) {
            item["source"] = json!({ "parameter": parameter });
        }
        let body = json!({ "type": "list", "correlationId": "5d2c7f0a-sim", "data": [item] });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(pause) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(pause)));
        }
        if self.is_over_budget {
            response.extensions_mut().insert(OverBudget);
        }
        response
    }
}
