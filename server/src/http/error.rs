//! Errors as answers.
//!
//! Owns the status of each code and the common body of all errors. Must not reveal the cause of a 5xx, which goes to
//! the log.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderValue, StatusCode};
use wire::{ErrorBody, ErrorCode};

use crate::connect::ConnectError;
use crate::feed::SubscribeError;
use crate::ingest::Refusal;
use crate::limits::TooMany;
use crate::{auth, store};

/// The WebSocket protocol version that the engine speaks. The answer to another version names it.
pub(super) const WEBSOCKET_VERSION: &str = "13";

/// The error of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    /// Seconds, with [`ErrorCode::RateLimited`] and [`ErrorCode::Unavailable`].
    retry_after: Option<u64>,
}

impl ApiError {
    /// An error with its own message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    /// An error that is worth retrying after some time.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The code, for programs.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    fn hidden(code: ErrorCode, detail: &dyn std::fmt::Display) -> Self {
        if code == ErrorCode::Internal {
            tracing::error!(%detail, "a request failed");
        } else {
            // The service that failed logs the cause once, not for every request.
            tracing::debug!(%detail, code = code.as_str(), "a request failed");
        }
        Self { retry_after: (code == ErrorCode::Unavailable).then_some(5), ..code.into() }
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.message())
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => ErrorCode::NotFound.into(),
            store::Error::Conflict(message) => Self::new(ErrorCode::Conflict, message),
            store::Error::Invalid(message) => Self::new(ErrorCode::BadRequest, message),
            store::Error::Unavailable(detail) | store::Error::Undone(detail) => {
                Self::hidden(ErrorCode::Unavailable, &detail)
            }
            store::Error::Busy(message) => Self::new(ErrorCode::RateLimited, message).retry_after(5),
            store::Error::Damaged(detail) | store::Error::Corrupt(detail) => Self::hidden(ErrorCode::Internal, &detail),
        }
    }
}

impl From<auth::Error> for ApiError {
    fn from(error: auth::Error) -> Self {
        match error {
            auth::Error::Invalid => ErrorCode::InvalidToken.into(),
            auth::Error::Unavailable(detail) => Self::hidden(ErrorCode::AuthUnavailable, &detail),
        }
    }
}

impl From<TooMany> for ApiError {
    fn from(TooMany(seconds): TooMany) -> Self {
        Self::from(ErrorCode::RateLimited).retry_after(seconds)
    }
}

impl From<SubscribeError> for ApiError {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Full => Self::from(ErrorCode::ConnectionLimit).retry_after(5),
            SubscribeError::Store(error) => error.into(),
        }
    }
}

impl From<ConnectError> for ApiError {
    fn from(error: ConnectError) -> Self {
        let message = error.to_string();
        match error {
            ConnectError::UnknownConnector => ErrorCode::UnknownConnector.into(),
            ConnectError::NotConfigured(_) => Self::new(ErrorCode::NotConfigured, message),
            ConnectError::Unavailable { reason, after } => {
                tracing::warn!(reason, "a provider is not available");
                let sentence = "The provider is not available now; try again later";
                Self::new(ErrorCode::Unavailable, sentence).retry_after(after.map_or(5, |after| after.as_secs().max(1)))
            }
            ConnectError::Refused(_) => Self::new(ErrorCode::Conflict, message),
            ConnectError::OverBudget(wait) => {
                Self::new(ErrorCode::RateLimited, message).retry_after(wait.as_secs().max(1))
            }
            ConnectError::Registration(refusal) => refusal.into(),
            ConnectError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        use connectors::VerifyError;
        let message = refusal.to_string();
        match refusal {
            Refusal::UnknownConnector => ErrorCode::UnknownConnector.into(),
            Refusal::Unverified(VerifyError::NotConfigured) => ErrorCode::NotConfigured.into(),
            // Never 401: the signature may be valid.
            Refusal::Unverified(VerifyError::KeyUnavailable(_)) => Self::new(ErrorCode::Unavailable, message),
            Refusal::Unverified(VerifyError::Missing(_)) => Self::new(ErrorCode::SignatureMissing, message),
            Refusal::Unverified(VerifyError::Mismatch | VerifyError::Ambiguous(_)) => {
                Self::new(ErrorCode::SignatureInvalid, message)
            }
            Refusal::Unverified(VerifyError::Stale) => Self::new(ErrorCode::SignatureStale, message),
            Refusal::Unverified(VerifyError::Unreadable(_)) | Refusal::Malformed(_) => {
                Self::new(ErrorCode::MalformedBody, message)
            }
            Refusal::CredentialsNotConfigured => Self::new(ErrorCode::NotConfigured, message),
            Refusal::RateLimited(seconds) => Self::new(ErrorCode::RateLimited, message).retry_after(seconds),
            Refusal::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (status(self.code), Json(ErrorBody::new(self.code, self.message))).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == ErrorCode::UpgradeRequired {
            // RFC 6455 4.4, RFC 9110 15.5.22.
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(WEBSOCKET_VERSION));
        }
        response
    }
}

/// The status of a code. Never 410: a provider would stop sending for good.
fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::MalformedBody => StatusCode::BAD_REQUEST,
        ErrorCode::MissingCredentials
        | ErrorCode::InvalidToken
        | ErrorCode::TokenExpired
        | ErrorCode::AuthTimeout
        | ErrorCode::Unauthorized
        | ErrorCode::InvalidCredentials
        | ErrorCode::SignatureMissing
        | ErrorCode::SignatureInvalid
        | ErrorCode::SignatureStale => StatusCode::UNAUTHORIZED,
        ErrorCode::UserMismatch | ErrorCode::Forbidden | ErrorCode::OriginNotAllowed => StatusCode::FORBIDDEN,
        ErrorCode::NotFound | ErrorCode::UnknownConnector => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType | ErrorCode::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
        ErrorCode::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        ErrorCode::ConnectionLimit | ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::NotConfigured | ErrorCode::Unavailable | ErrorCode::AuthUnavailable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
