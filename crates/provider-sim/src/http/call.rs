//! A call as received.
//!
//! Owns its parts in the form that fronts and faults read. Must not answer.

use axum::body::Bytes;
use axum::extract::{MatchedPath, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};

/// A call as received.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Method and route: `GET /users/{userId}/accounts`.
    pub(crate) endpoint: String,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn new(parts: &Parts, body: Bytes) -> Self {
        let route = parts.extensions.get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
        let endpoint = format!("{} {route}", parts.method);
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        Self { endpoint, method, uri, headers, body }
    }

    /// A segment of its path, counted from 0.
    pub(crate) fn segment(&self, index: usize) -> Option<&str> {
        self.uri.path().split('/').nth(index + 1).filter(|segment| !segment.is_empty())
    }

    /// A value of its query, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&self.uri).ok()?;
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The token after `Bearer ` in `Authorization`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        bearer(&self.headers)
    }
}

/// The token after `Bearer ` in `Authorization`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
