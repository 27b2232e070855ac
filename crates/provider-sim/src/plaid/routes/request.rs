//! The body that every call to Plaid has.
//!
//! Owns reading it, and the check of the client id and the secret. Must not know endpoints.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde_json::Value;

use crate::plaid::app::App;
use crate::plaid::error::ApiError;
use crate::plaid::item::Item;
use crate::plaid::state::State;

/// The address at which the simulator is reached.
#[derive(Debug)]
pub(super) struct Host(pub(super) String);

impl FromRequestParts<Arc<App>> for Host {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, Infallible> {
        let host = parts.headers.get("host").and_then(|host| host.to_str().ok());
        Ok(Self(host.unwrap_or_default().to_owned()))
    }
}

/// The body of a call by a known application.
#[derive(Debug)]
pub(super) struct Authorized(Value);

impl Authorized {
    /// A required text.
    pub(super) fn text(&self, name: &str) -> Result<&str, ApiError> {
        self.0[name].as_str().filter(|text| !text.is_empty()).ok_or(ApiError::MISSING_FIELDS)
    }

    /// Any value in the body; null if absent.
    pub(super) fn value(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A number within these bounds; `None` if absent.
    pub(super) fn number(&self, pointer: &str, within: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        match self.value(pointer) {
            Value::Null => Ok(None),
            value => value.as_u64().filter(|number| within.contains(number)).map(Some).ok_or(ApiError::INVALID_FIELD),
        }
    }

    /// The item of the access token.
    pub(super) fn item<'a>(&self, state: &'a State) -> Result<&'a Item, ApiError> {
        state.item_of(self.text("access_token")?).ok_or(ApiError::INVALID_ACCESS_TOKEN)
    }
}

impl FromRequest<Arc<App>> for Authorized {
    type Rejection = ApiError;

    /// Both may be in the body or in headers.
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, app).await.map_err(|_| ApiError::INVALID_BODY)?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|_| ApiError::INVALID_BODY)?;
        let given = |name: &str, header: &str| {
            let in_header = headers.get(header).and_then(|value| value.to_str().ok());
            body[name].as_str().or(in_header).map(str::to_owned)
        };
        let (client_id, secret) = (given("client_id", "plaid-client-id"), given("secret", "plaid-secret"));
        let (Some(client_id), Some(secret)) = (client_id, secret) else { return Err(ApiError::MISSING_FIELDS) };
        if client_id != app.options.client_id || secret != app.options.secret {
            return Err(ApiError::INVALID_KEYS);
        }
        Ok(Self(body))
    }
}
