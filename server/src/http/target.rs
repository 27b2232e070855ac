//! The request line and the first headers, checked before anything else.
//!
//! Owns the syntax of the target, of the `Host` field and of the WebSocket handshake's fields (RFC 9112 3.2, RFC 6455
//! 4.2.1), and the canonical spelling of API addresses. Must not know a route.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Uri, Version, header};
use wire::ErrorCode;

use super::error::{ApiError, WEBSOCKET_VERSION};

/// Refuses a request with an invalid target or host.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), ApiError> {
    check_target(request.method(), request.uri())?;
    check_host(request.version(), request.headers())
}

/// Accepts `/path?query`, or an absolute URL with a host, as sent to proxies.
fn check_target(method: &Method, uri: &Uri) -> Result<(), ApiError> {
    let is_path = uri.path().starts_with('/') && uri.scheme().is_some() == uri.authority().is_some();
    if method == Method::CONNECT || !is_path {
        return Err(bad("The request target is not a path"));
    }
    Ok(())
}

/// Requires exactly one valid host: if the server read another `Host` than the proxy in front of it, it could be made
/// to answer for another site. HTTP/1.0 has no such field.
fn check_host(version: Version, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => Ok(()),
        (Some(host), None) if is_host(host.as_bytes()) => Ok(()),
        _ => Err(bad("The request needs exactly one valid Host header")),
    }
}

fn is_host(text: &[u8]) -> bool {
    !text.contains(&b'@') && Authority::try_from(text).is_ok_and(|authority| !authority.host().is_empty())
}

/// Refuses an invalid WebSocket handshake: the engine would accept it.
pub(super) fn check_websocket(headers: &HeaderMap) -> Result<(), ApiError> {
    let lists = |name: header::HeaderName, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    };
    if !lists(header::UPGRADE, "websocket") || !lists(header::CONNECTION, "upgrade") {
        return Err(bad("This transport needs a WebSocket handshake"));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(|key| BASE64_STANDARD.decode(key.as_bytes()));
    if !key.is_some_and(|key| key.is_ok_and(|key| key.len() == 16)) {
        return Err(bad("Sec-WebSocket-Key is not 16 bytes in Base64"));
    }
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).and_then(|version| version.to_str().ok());
    if version.map(str::trim) != Some(WEBSOCKET_VERSION) {
        return Err(ErrorCode::UpgradeRequired.into());
    }
    Ok(())
}

/// The address without a trailing slash, for programs' calls: `/api/…/webhook/` is `/api/…/webhook`. Pages have their
/// own rule.
pub(super) fn without_trailing_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let bare = path.strip_suffix('/')?;
    let is_for_programs = ["/api/", "/health/", "/metrics/"].iter().any(|prefix| path.starts_with(prefix));
    if !is_for_programs || bare.ends_with('/') {
        return None;
    }
    let target = match uri.query() {
        Some(query) => format!("{bare}?{query}"),
        None => bare.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

fn bad(sentence: &str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, hosts: &[&str]) -> Request<()> {
        let mut request = Request::builder().method(method).uri(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        request.body(()).expect("a request")
    }

    #[test]
    fn a_target_is_a_path_or_a_whole_address() {
        for target in ["/", "/api/accounts?limit=1", "http://example.com/api"] {
            assert_eq!(check(&request("GET", target, &["example.com"])), Ok(()), "{target}");
        }
        for (method, target) in [("GET", "x"), ("CONNECT", "h:22"), ("OPTIONS", "*"), ("GET", "*")] {
            assert!(check(&request(method, target, &["example.com"])).is_err(), "{method} {target}");
        }
    }

    #[test]
    fn a_request_names_exactly_one_host() {
        for hosts in [["example.com"], ["localhost:3003"], ["[2001:db8::1]:80"]] {
            assert_eq!(check(&request("GET", "/", &hosts)), Ok(()), "{hosts:?}");
        }
        let bad: [&[&str]; 7] =
            [&[], &["a.example", "b.example"], &[""], &["a b"], &["user@host"], &["host:port:1"], &["a/b"]];
        for hosts in bad {
            assert!(check(&request("GET", "/", hosts)).is_err(), "{hosts:?}");
        }
        let mut old = request("GET", "/", &[]);
        *old.version_mut() = Version::HTTP_10;
        assert_eq!(check(&old), Ok(()), "HTTP/1.0 has no Host");
    }

    #[test]
    fn a_websocket_handshake_has_all_its_fields() {
        let handshake = |changed: &str, value: Option<&'static str>| {
            let fields = [
                ("upgrade", "WebSocket"),
                ("connection", "keep-alive, Upgrade"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("sec-websocket-version", "13"),
            ];
            let fields = fields.into_iter().filter_map(|(name, usual)| {
                let value = if name == changed { value? } else { usual };
                Some((name.parse::<header::HeaderName>().ok()?, value.parse().ok()?))
            });
            check_websocket(&fields.collect()).map_err(|error| error.code())
        };
        assert_eq!(handshake("", None), Ok(()));
        for field in ["upgrade", "connection", "sec-websocket-key"] {
            assert_eq!(handshake(field, None), Err(ErrorCode::BadRequest), "{field}");
            assert_eq!(handshake(field, Some("x")), Err(ErrorCode::BadRequest), "{field}");
        }
        assert_eq!(handshake("sec-websocket-version", Some("8")), Err(ErrorCode::UpgradeRequired));
    }

    #[test]
    fn one_slash_at_the_end_of_a_programs_address_is_left_out() {
        let normal =
            |target: &'static str| without_trailing_slash(&Uri::from_static(target)).map(|uri| uri.to_string());
        assert_eq!(normal("/api/connectors/basiq/webhook/").as_deref(), Some("/api/connectors/basiq/webhook"));
        assert_eq!(normal("/api/accounts/?limit=1").as_deref(), Some("/api/accounts?limit=1"));
        for target in ["/", "/admin/", "/api/accounts", "/api/accounts//"] {
            assert_eq!(normal(target), None, "{target}");
        }
    }
}
