//! Errors that clients receive.
//!
//! Owns the codes and the fixed sentences that go with those of Socket.IO. Must not know HTTP status codes: the server
//! maps them in one place.

use serde::{Deserialize, Serialize};

use crate::object::json_objects;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// A machine-readable reason; part of the contract with clients.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as written in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The default sentence, for use when nothing more precise is known.
            pub fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

error_codes! {
    /// Socket.IO: `authenticate` came without a user id or a token.
    MissingCredentials = "MISSING_CREDENTIALS", "User ID and token required";
    /// The token is malformed, wrongly signed, expired or not yet valid.
    InvalidToken = "INVALID_TOKEN", "Invalid or expired token";
    /// The token is valid, but another user's.
    UserMismatch = "USER_MISMATCH", "User ID mismatch";
    /// Socket.IO: the token of a signed-in socket has expired; the socket is closed.
    TokenExpired = "TOKEN_EXPIRED", "Token expired";
    /// Socket.IO: the user has the maximum number of signed-in sockets.
    ConnectionLimit = "CONNECTION_LIMIT", "Connection limit reached";
    /// The token could not be checked now; try again.
    AuthUnavailable = "AUTH_UNAVAILABLE", "Authentication service error";
    /// Socket.IO: the socket did not sign in in time and is closed.
    AuthTimeout = "AUTH_TIMEOUT", "Authentication timeout";
    /// HTTP: no user is signed in.
    Unauthorized = "UNAUTHORIZED", "Sign in first";
    /// HTTP: the caller may not do this.
    Forbidden = "FORBIDDEN", "Not allowed";
    /// HTTP: the `Origin` is not one of the allowed ones.
    OriginNotAllowed = "ORIGIN_NOT_ALLOWED", "This origin is not allowed";
    /// HTTP: wrong e-mail address or password.
    InvalidCredentials = "INVALID_CREDENTIALS", "Wrong e-mail address or password";
    /// HTTP: the request does not have the form of this call.
    BadRequest = "BAD_REQUEST", "The request is malformed";
    /// HTTP: not found.
    NotFound = "NOT_FOUND", "Not found";
    /// HTTP: this address does not support the method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", "This address does not support that method";
    /// HTTP: the object already belongs to another user.
    Conflict = "CONFLICT", "It conflicts with existing data";
    /// HTTP: the body is larger than allowed.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", "The body is too large";
    /// HTTP: the body did not arrive in time.
    RequestTimeout = "REQUEST_TIMEOUT", "The body took too long";
    /// HTTP: this call does not accept the body's `Content-Type`.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", "This address does not accept that Content-Type";
    /// HTTP: the body is compressed, and no signature here covers that.
    UnsupportedEncoding = "UNSUPPORTED_ENCODING", "Bodies with a Content-Encoding are refused: send the body uncompressed";
    /// HTTP: the request's header fields are too many or too large.
    HeadersTooLarge = "HEADERS_TOO_LARGE", "The request's header fields are too large";
    /// HTTP: the WebSocket handshake requests another version of the protocol.
    UpgradeRequired = "UPGRADE_REQUIRED", "Only version 13 of the WebSocket protocol is supported";
    /// HTTP: too many requests; `Retry-After` says when to retry.
    RateLimited = "RATE_LIMITED", "Too many requests";
    /// Webhook: no connector has this name.
    UnknownConnector = "UNKNOWN_CONNECTOR", "No such connector";
    /// Webhook: no secret is configured, so nothing can be verified.
    NotConfigured = "NOT_CONFIGURED", "This connector is not configured";
    /// Webhook: a header that the signature needs is missing.
    SignatureMissing = "SIGNATURE_MISSING", "The signature is missing";
    /// Webhook: the signature does not match.
    SignatureInvalid = "SIGNATURE_INVALID", "The signature does not match";
    /// Webhook: signed too long ago, or in the future.
    SignatureStale = "SIGNATURE_STALE", "The signature's time is too far from now";
    /// Webhook: the body is not JSON, or does not have this provider's shape.
    MalformedBody = "MALFORMED_BODY", "The body does not match this provider's format";
    /// HTTP: the store cannot accept it now; try again.
    Unavailable = "UNAVAILABLE", "Try again in a moment";
    /// HTTP: a fault of the server.
    Internal = "INTERNAL", "Something went wrong on our side";
}

/// The body of every HTTP error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Always `false`.
    pub success: bool,
    /// One readable sentence.
    pub error: String,
    /// The reason, for programs.
    pub code: ErrorCode,
}

impl ErrorBody {
    /// The body for `code` with a specific sentence.
    pub fn new(code: ErrorCode, error: impl Into<String>) -> Self {
        Self { success: false, error: error.into(), code }
    }
}

/// The payload of the Socket.IO event `error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct SocketError {
    /// One sentence, fixed by the contract.
    pub message: String,
    /// The reason, for programs.
    pub code: ErrorCode,
    /// With `CONNECTION_LIMIT`: how many sockets a user may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

json_objects!(SocketError);

impl From<ErrorCode> for SocketError {
    fn from(code: ErrorCode) -> Self {
        Self { message: code.message().to_owned(), code, limit: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_the_same_in_json_and_in_text() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(code).expect("json"), format!("\"{}\"", code.as_str()));
        }
    }
}
