//! Plaid's errors.
//!
//! Owns their shape and words (<https://plaid.com/docs/errors/>). Must not know what went wrong.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::item::Trouble;
use crate::http::OverBudget;

/// An error as Plaid answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: u16,
    kind: &'static str,
    code: &'static str,
    message: &'static str,
    is_over_budget: bool,
}

impl ApiError {
    const fn new(status: u16, kind: &'static str, code: &'static str, message: &'static str) -> Self {
        Self { status, kind, code, message, is_over_budget: false }
    }

    /// The client id and the secret do not belong to an application.
    pub(super) const INVALID_KEYS: Self =
        Self::new(400, "INVALID_INPUT", "INVALID_API_KEYS", "invalid client_id or secret provided");
    /// The access token belongs to no item, or the item was removed.
    pub(super) const INVALID_ACCESS_TOKEN: Self =
        Self::new(400, "INVALID_INPUT", "INVALID_ACCESS_TOKEN", "could not find matching access token");
    /// The public token was never issued, was used, or has expired.
    pub(super) const INVALID_PUBLIC_TOKEN: Self =
        Self::new(400, "INVALID_INPUT", "INVALID_PUBLIC_TOKEN", "could not find matching public token");
    /// There is no such key.
    pub(super) const INVALID_KEY_ID: Self =
        Self::new(400, "INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID", "invalid key_id provided");
    /// The body is not JSON.
    pub(super) const INVALID_BODY: Self =
        Self::new(400, "INVALID_REQUEST", "INVALID_BODY", "body could not be parsed as JSON");
    /// A required field is missing.
    pub(super) const MISSING_FIELDS: Self =
        Self::new(400, "INVALID_REQUEST", "MISSING_FIELDS", "the following required fields are missing");
    /// A field has an invalid value.
    pub(super) const INVALID_FIELD: Self =
        Self::new(400, "INVALID_REQUEST", "INVALID_FIELD", "a field has an invalid value");
    /// There is no such endpoint.
    pub(super) const NOT_FOUND: Self =
        Self::new(404, "INVALID_REQUEST", "NOT_FOUND", "the requested endpoint was not found");
    /// There are changes since the first page was fetched.
    pub(super) const MUTATION: Self = Self::new(
        400,
        "TRANSACTIONS_ERROR",
        "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION",
        "Underlying transaction data changed since last page was fetched. Please restart pagination from last update.",
    );
    /// The item's budget for a minute is used up. No header says when it is renewed.
    pub(super) const SYNC_LIMIT: Self = Self {
        is_over_budget: true,
        ..Self::new(
            429,
            "RATE_LIMIT_EXCEEDED",
            "TRANSACTIONS_SYNC_LIMIT",
            "rate limit exceeded for attempts to access this item. please try again later",
        )
    };

    /// The item's bank cannot be read.
    pub(super) const fn of_trouble(trouble: Trouble) -> Self {
        match trouble {
            Trouble::LoginRequired => Self::new(
                400,
                "ITEM_ERROR",
                "ITEM_LOGIN_REQUIRED",
                "the login details of this item have changed (credentials, MFA, or required user action) and a user \
                 login is required to update this information. use Link's update mode to restore the item to a good state",
            ),
            Trouble::PermissionRevoked => Self::new(
                400,
                "ITEM_ERROR",
                "USER_PERMISSION_REVOKED",
                "the holder of this account has revoked their permission for your application to access it",
            ),
        }
    }

    /// An error with the status of a fault.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            429 => Self { is_over_budget: false, ..Self::SYNC_LIMIT },
            400..=499 => Self::new(status, "INVALID_REQUEST", "INVALID_FIELD", "the request was not accepted"),
            503 => Self::new(
                status,
                "INSTITUTION_ERROR",
                "INSTITUTION_DOWN",
                "this institution is not currently responding",
            ),
            _ => Self::new(status, "API_ERROR", "INTERNAL_SERVER_ERROR", "an unexpected error occurred"),
        }
    }

    /// The form in an item and in a webhook: without the request's id.
    pub(super) fn json(self) -> Value {
        json!({
            "error_type": self.kind,
            "error_code": self.code,
            "error_message": self.message,
            "display_message": null,
            "status": self.status,
            "causes": [],
            "documentation_url": "https://plaid.com/docs/errors/",
            "suggested_action": null,
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = self.json();
        body["request_id"] = json!("simulated-error");
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        if self.is_over_budget {
            response.extensions_mut().insert(OverBudget);
        }
        response
    }
}
