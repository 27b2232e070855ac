//! Which web origins may call.
//!
//! Owns which origins are the server's own and which are allowed. Must not know the call. Requests without an `Origin`
//! come from servers and tools, or are same-origin reads.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};

/// Whether the browser says that one of the server's own pages sent this request.
pub fn is_own(headers: &HeaderMap) -> bool {
    let Some(origin) = text(headers, "origin") else {
        // Browsers omit `Origin` for same-origin reads, and send this header instead.
        return !matches!(text(headers, "sec-fetch-site"), Some("cross-site" | "same-site"));
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority(origin).is_some_and(|authority| host.is_some_and(|host| host.eq_ignore_ascii_case(&authority)))
}

/// Whether a page of this origin may call: the server's own, or one of the configured ones.
pub fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    match headers.get(ORIGIN) {
        None => true,
        Some(origin) => {
            is_own(headers) || origin.to_str().is_ok_and(|origin| allowed.contains(&origin.to_ascii_lowercase()))
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"))
}

/// `host[:port]` of an origin, without the port that its scheme implies.
fn authority(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let implied = match uri.scheme_str()? {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    Some(authority.strip_suffix(implied).unwrap_or(authority).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn a_page_of_the_same_host_and_port_is_own() {
        assert!(is_own(&headers(&[("host", "localhost:3003"), ("origin", "http://localhost:3003")])));
        assert!(is_own(&headers(&[("host", "app.example"), ("origin", "https://app.example:443")])));
        assert!(!is_own(&headers(&[("host", "localhost:3003"), ("origin", "http://localhost:3000")])));
        assert!(!is_own(&headers(&[("host", "app.example"), ("origin", "null")])));
        assert!(!is_own(&headers(&[("host", "app.example"), ("origin", "https://app.example.evil")])));
    }

    #[test]
    fn a_read_that_another_site_caused_is_not_own() {
        assert!(is_own(&headers(&[("host", "app.example")])));
        assert!(is_own(&headers(&[("host", "app.example"), ("sec-fetch-site", "same-origin")])));
        assert!(!is_own(&headers(&[("host", "app.example"), ("sec-fetch-site", "cross-site")])));
    }

    #[test]
    fn configured_origins_are_allowed_and_others_are_not() {
        let allowed = ["https://front.example".to_owned()];
        let from = |origin| headers(&[("host", "api.example"), ("origin", origin)]);
        assert!(is_allowed(&from("https://front.example"), &allowed));
        assert!(!is_allowed(&from("https://front.example.evil"), &allowed));
        assert!(!is_allowed(&from("http://front.example"), &allowed));
        assert!(is_allowed(&headers(&[("host", "api.example")]), &allowed));
    }
}
