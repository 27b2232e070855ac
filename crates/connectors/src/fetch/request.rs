//! A call to a provider.
//!
//! Owns the parts of a call that a connector chooses. Must not hold an address: the base URL is configured, and the
//! path consists of percent-encoded segments, so that no id changes the target.

use std::fmt;

use super::error::FetchError;
use super::response::{ApiResponse, Token};

/// The request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

/// The request's body.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// JSON.
    Json(String),
    /// Names and values, form-encoded.
    Form(Vec<(&'static str, String)>),
}

/// A call.
#[derive(Clone)]
pub struct Request {
    /// The setting that holds the target address; `None` for the provider's `<NAME>_API_URL`.
    pub address: Option<&'static str>,
    /// Its method.
    pub method: Method,
    /// The segments of its path after the configured address.
    pub path: Vec<String>,
    /// Its query's names and values.
    pub query: Vec<(&'static str, String)>,
    /// Its headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The request's body.
    pub body: Body,
    /// The scope of the provider's rate limit: a 429 pauses all calls of the same scope.
    pub scope: String,
    /// The token for the call. After a 401 or 403, a new one is requested once.
    pub token: Option<TokenRequest>,
}

impl Request {
    /// A `GET` of these segments.
    pub fn get<S: Into<String>>(path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::Get, path, Body::Empty)
    }

    /// A `POST` to these segments.
    pub fn post<S: Into<String>>(path: impl IntoIterator<Item = S>, body: Body) -> Self {
        Self::new(Method::Post, path, body)
    }

    /// A `DELETE` of these segments.
    pub fn delete<S: Into<String>>(path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::Delete, path, Body::Empty)
    }

    fn new<S: Into<String>>(method: Method, path: impl IntoIterator<Item = S>, body: Body) -> Self {
        let path = path.into_iter().map(Into::into).collect();
        Self { address: None, method, path, query: vec![], headers: vec![], body, scope: String::new(), token: None }
    }

    /// Sends the request to the address in this setting.
    #[must_use]
    pub fn to(mut self, setting: &'static str) -> Self {
        self.address = Some(setting);
        self
    }

    /// Adds a value to the query.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a header; `name` in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the rate limit's scope.
    #[must_use]
    pub fn counted_against(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// Sets the token.
    #[must_use]
    pub fn with_token(mut self, token: TokenRequest) -> Self {
        self.token = Some(token);
        self
    }
}

impl fmt::Debug for Request {
    /// Shows the target, but no header, query or body: any may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// How a token is requested. It is cached while it is valid.
#[derive(Clone)]
pub struct TokenRequest {
    /// The name under which the token is cached.
    pub name: String,
    /// The call that obtains it.
    pub request: Box<Request>,
    /// Reads the token from the answer.
    pub read: fn(&ApiResponse) -> Result<Token, FetchError>,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").field("name", &self.name).finish_non_exhaustive()
    }
}
