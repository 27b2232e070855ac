//! The errors of a server function.
//!
//! Owns the reasons, the sentences for users, and the format of the answer, which is the HTTP API's: the layers in
//! front of a server function (a rate limit, say) refuse in that format as well. Must not carry details of a fault:
//! those stay in the server's log.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wire::{ErrorBody, ErrorCode};

use crate::codec::Json;

/// Why a server function failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppError {
    /// The visitor is not signed in, or no longer.
    Unauthorized,
    /// The request is invalid: one sentence why.
    Invalid(String),
    /// The server cannot answer now; the caller should retry later.
    Unavailable,
    /// The server could not be reached.
    Unreachable,
    /// A fault.
    Internal,
}

impl AppError {
    /// One readable sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthorized => "You've been signed out. Sign in to continue.".to_owned(),
            Self::Invalid(reason) => reason.clone(),
            Self::Unavailable => "We can't load your data right now. Try again in a moment.".to_owned(),
            Self::Unreachable => "The server can't be reached. Check your connection.".to_owned(),
            Self::Internal => "Something went wrong on our side.".to_owned(),
        }
    }

    /// The error as an answer: the response gets the status that fits, so that caches and monitors see a failure
    /// as one.
    #[cfg(feature = "ssr")]
    pub(crate) fn sent(self) -> Self {
        use http::StatusCode;

        if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
            response.set_status(match &self {
                Self::Unauthorized => StatusCode::UNAUTHORIZED,
                Self::Invalid(_) => StatusCode::BAD_REQUEST,
                Self::Unavailable | Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
                Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            });
        }
        self
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthorized => ErrorCode::Unauthorized,
            Self::Invalid(_) => ErrorCode::BadRequest,
            Self::Unavailable | Self::Unreachable => ErrorCode::Unavailable,
            Self::Internal => ErrorCode::Internal,
        }
    }
}

impl Serialize for AppError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ErrorBody::new(self.code(), self.message()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AppError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ErrorBody { code, error, .. } = ErrorBody::deserialize(deserializer)?;
        Ok(match code {
            ErrorCode::Unauthorized | ErrorCode::InvalidToken => Self::Unauthorized,
            ErrorCode::BadRequest | ErrorCode::PayloadTooLarge => Self::Invalid(error),
            ErrorCode::Unavailable | ErrorCode::RateLimited | ErrorCode::RequestTimeout => Self::Unavailable,
            _ => Self::Internal,
        })
    }
}

impl FromServerFnError for AppError {
    type Encoder = Json;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => malformed(),
            // On the server, the deserialised data is the request.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => malformed(),
            _ => Self::Internal,
        }
    }
}

fn malformed() -> AppError {
    let error = AppError::Invalid(ErrorCode::BadRequest.message().to_owned());
    #[cfg(feature = "ssr")]
    let error = error.sent();
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_crosses_the_wire_as_an_error_of_the_api() {
        let invalid = AppError::Invalid("limit is not between 1 and 500".to_owned());
        for error in [AppError::Unauthorized, invalid, AppError::Unavailable, AppError::Internal] {
            let json = serde_json::to_string(&error).expect("json");
            assert!(json.starts_with(r#"{"success":false,"error":""#), "{json}");
            assert_eq!(serde_json::from_str::<AppError>(&json).expect("an error"), error);
        }
    }

    #[test]
    fn a_page_that_asks_too_often_is_told_to_try_again() {
        let refusal = r#"{"success":false,"error":"Too many requests","code":"RATE_LIMITED"}"#;
        assert_eq!(serde_json::from_str::<AppError>(refusal).expect("an error"), AppError::Unavailable);
    }
}
