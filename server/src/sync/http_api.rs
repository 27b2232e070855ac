//! Calls to a provider over HTTP.
//!
//! Owns the URL, the time limit and the size limit of a call, its token, and the provider's pauses. Must not know the
//! purpose of a call or the meaning of an answer. The base URL comes from the settings only: no redirect is followed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use connectors::Headers;
use connectors::fetch::{Api, ApiError, ApiResponse, Body, Method, Request, TokenRequest};
use reqwest::Url;

use super::pauses::Pauses;
use super::tokens::Tokens;
use crate::clock::Clock;

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer, in bytes: 500 transactions take about half a megabyte.
const LARGEST: usize = 16 * 1024 * 1024;

/// The addresses of a provider's API.
pub(super) struct Addresses {
    /// `<NAME>_API_URL`.
    pub(super) base: Url,
    /// All addresses, by the names of their settings.
    pub(super) named: HashMap<&'static str, Url>,
}

/// One provider's API.
pub(super) struct HttpApi {
    client: reqwest::Client,
    addresses: Addresses,
    tokens: Tokens,
    pauses: Pauses,
    clock: Clock,
}

impl HttpApi {
    /// The API at these addresses.
    pub(super) fn new(client: reqwest::Client, addresses: Addresses, clock: Clock) -> Self {
        Self { client, addresses, tokens: Tokens::default(), pauses: Pauses::default(), clock }
    }

    /// An HTTP client for all providers.
    pub(super) fn client() -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tallywire/", env!("CARGO_PKG_VERSION")))
            .build()
    }

    async fn token(&self, wanted: &TokenRequest) -> Result<Arc<str>, ApiError> {
        let get = || async {
            let answer = self.send(&wanted.request, None).await?;
            let token = answer.success().and_then(|answer| (wanted.read)(&answer));
            token.map_err(|error| ApiError::NoToken(Box::new(error)))
        };
        self.tokens.get::<ApiError, _>(&wanted.name, (self.clock)(), get).await
    }

    /// Sends a request once.
    async fn send(&self, request: &Request, token: Option<&str>) -> Result<ApiResponse, ApiError> {
        if let Some(until) = self.pauses.until(&request.scope, (self.clock)()) {
            return Err(ApiError::Paused { until });
        }
        let answer = self.prepared(request, token)?.send().await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let headers: Headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        self.pauses.note(&request.scope, status, &headers, (self.clock)());
        Ok(ApiResponse { status, headers, body: body(answer).await? })
    }

    fn prepared(&self, request: &Request, token: Option<&str>) -> Result<reqwest::RequestBuilder, ApiError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let base = match request.address {
            Some(setting) => self.addresses.named.get(setting).ok_or(ApiError::NotConfigured)?,
            None => &self.addresses.base,
        };
        let mut prepared = self.client.request(method, address(base, request)?);
        for (name, value) in &request.headers {
            prepared = prepared.header(*name, value);
        }
        if let Some(token) = token {
            prepared = prepared.bearer_auth(token);
        }
        Ok(match &request.body {
            Body::Empty => prepared,
            Body::Json(json) => prepared.header("content-type", "application/json").body(json.clone()),
            Body::Form(pairs) => {
                prepared.header("content-type", "application/x-www-form-urlencoded").body(form(base, pairs))
            }
        })
    }
}

#[async_trait]
impl Api for HttpApi {
    async fn call(&self, request: Request) -> Result<ApiResponse, ApiError> {
        let Some(wanted) = &request.token else { return self.send(&request, None).await };
        let token = self.token(wanted).await?;
        let answer = self.send(&request, Some(&token)).await?;
        // On 401 or 403 the token has ended early. Basiq answers that with 403 (its reference, "Errors").
        if !matches!(answer.status, 401 | 403) {
            return Ok(answer);
        }
        self.tokens.forget(&wanted.name, &token).await;
        let token = self.token(wanted).await?;
        self.send(&request, Some(&token)).await
    }
}

/// The URL of a request. A dot segment would lead to another URL
/// (<https://url.spec.whatwg.org/#double-dot-path-segment>).
fn address(base: &Url, request: &Request) -> Result<Url, ApiError> {
    let leads_elsewhere = |segment: &String| matches!(segment.as_str(), "" | "." | "..");
    if request.path.iter().any(leads_elsewhere) {
        return Err(ApiError::Unreachable("an id cannot be part of an address".to_owned()));
    }
    let mut url = base.clone();
    let path = url.path_segments_mut();
    path.map_err(|()| ApiError::NotConfigured)?.pop_if_empty().extend(&request.path);
    if !request.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&request.query);
    }
    Ok(url)
}

/// A form is encoded like a query (<https://url.spec.whatwg.org/#application/x-www-form-urlencoded>).
fn form(base: &Url, pairs: &[(&'static str, String)]) -> String {
    let mut url = base.clone();
    url.set_query(None);
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// The URL is not part of the reason: it may contain a personal id.
fn unreachable(error: reqwest::Error) -> ApiError {
    if error.is_timeout() { ApiError::TimedOut } else { ApiError::Unreachable(root(&error.without_url())) }
}

/// The innermost reason: the outer ones say only that there was an error.
fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}

async fn body(mut answer: reqwest::Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(ApiError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(base: &str, request: &Request) -> Result<String, ApiError> {
        address(&Url::parse(base).expect("an address"), request).map(Into::into)
    }

    #[test]
    fn an_id_leads_to_no_other_address() {
        let base = "https://au-api.basiq.io/v3/";
        for (segment, path) in [
            ("a b", "users/a%20b"),
            ("a/b", "users/a%2Fb"),
            ("a?b#c", "users/a%3Fb%23c"),
            ("http://evil.example", "users/http:%2F%2Fevil.example"),
            ("%2e%2e", "users/%252e%252e"),
        ] {
            assert_eq!(to(base, &Request::get(["users", segment])), Ok(format!("{base}{path}")), "{segment}");
        }
        for segment in ["", ".", ".."] {
            assert!(to(base, &Request::get(["users", segment])).is_err(), "{segment}");
        }
    }

    #[test]
    fn a_query_keeps_what_it_says() {
        let request = Request::get(["users"]).query("filter", "connection.id.eq('c-1'),account.id.eq('a&b')");
        let url = to("http://127.0.0.1:9/x", &request).expect("an address");
        let read = Url::parse(&url).expect("an address");
        assert_eq!((read.host_str(), read.path()), (Some("127.0.0.1"), "/x/users"));
        let (_, filter) = read.query_pairs().next().expect("a query");
        assert_eq!(filter, "connection.id.eq('c-1'),account.id.eq('a&b')");
    }
}
