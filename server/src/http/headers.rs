//! Headers common to all answers.
//!
//! Owns the security headers, and which answers must not be cached. Must not decide on CORS.

use http::header::{
    CACHE_CONTROL, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

/// Browsers ignore this header unless it arrives over TLS (RFC 6797, 8.1).
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
/// For data of one user, and for data that may change at any moment.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const NO_FRAMES: HeaderValue = HeaderValue::from_static("DENY");

/// The headers of all answers of the router.
#[derive(Clone, Copy)]
pub(super) struct CommonHeaders {
    is_over_tls: bool,
}

impl CommonHeaders {
    pub(super) fn new(is_over_tls: bool) -> Self {
        Self { is_over_tls }
    }

    /// Adds the headers that an answer does not have yet.
    pub(super) fn put_on(self, headers: &mut HeaderMap) {
        headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(NO_SNIFFING);
        headers.entry(REFERRER_POLICY).or_insert(SAME_ORIGIN);
        headers.entry(X_FRAME_OPTIONS).or_insert(NO_FRAMES);
        if self.is_over_tls {
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(STRICT_TRANSPORT);
        }
    }
}

/// The headers of Socket.IO's answers, each of which is for one caller.
#[derive(Clone, Copy)]
pub(super) struct PrivateAnswers {
    is_over_tls: bool,
}

impl PrivateAnswers {
    pub(super) fn new(is_over_tls: bool) -> Self {
        Self { is_over_tls }
    }

    /// Adds the headers that an answer does not have yet.
    pub(super) fn put_on(self, headers: &mut HeaderMap) {
        headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(NO_SNIFFING);
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        if self.is_over_tls {
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(STRICT_TRANSPORT);
        }
    }
}
