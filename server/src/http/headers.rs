//! Headers common to all answers.
//!
//! Owns the security headers, and which answers must not be cached. Must not decide on CORS.

use http::header::{CACHE_CONTROL, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue};

/// Browsers pay attention to it over TLS only (RFC 6797, 8.1).
pub(super) const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");
pub(super) const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
/// For one user's data, and for data that changes at any moment.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The headers of answers that are for one caller.
#[derive(Clone, Copy)]
pub(super) struct PrivateAnswers {
    is_over_tls: bool,
}

impl PrivateAnswers {
    pub(super) fn new(is_over_tls: bool) -> Self {
        Self { is_over_tls }
    }

    /// Puts them on an answer that does not have its own.
    pub(super) fn put_on(self, headers: &mut HeaderMap) {
        headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(NO_SNIFFING);
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        if self.is_over_tls {
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(STRICT_TRANSPORT);
        }
    }
}
