//! The token of a request, which only a header may carry.
//!
//! Owns reading it, and detecting one in the address, where it is not accepted: addresses are stored in logs, histories
//! and caches (RFC 6750, 5.3). Must not check it.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

/// Appended to the refusal of a sign-in if the address contains a token.
pub const NOT_IN_ADDRESS: &str = "a token in the URL is not accepted, because URLs are kept in logs";
/// Common parameter names of tokens in addresses.
const NAMES: [&str; 6] = ["token", "access_token", "accessToken", "auth_token", "authToken", "jwt"];

/// The token of an `Authorization` header with the scheme `Bearer`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Whether the query of an address contains a token.
pub fn is_in_address(address: &Uri) -> bool {
    let pairs = address.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().any(|(name, value)| NAMES.contains(&name) && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_a_header_of_the_scheme_bearer() {
        let of = |value: &str| {
            let headers = [(AUTHORIZATION, value.parse().expect("a header"))].into_iter().collect();
            bearer(&headers).map(ToOwned::to_owned)
        };
        assert_eq!(of("Bearer a.b.c"), Some("a.b.c".to_owned()));
        assert_eq!(of("bearer  a.b.c "), Some("a.b.c".to_owned()));
        for other in ["Basic YTpi", "a.b.c", "Bearer", "Bearer ", ""] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_token_in_an_address_is_noticed() {
        let is_in = |address: &str| is_in_address(&address.parse().expect("an address"));
        assert!(is_in("/socket.io/?EIO=4&transport=websocket&token=a.b.c") && is_in("/x?access_token=a"));
        assert!(!is_in("/socket.io/?EIO=4&transport=websocket") && !is_in("/x?token=") && !is_in("/token=a"));
    }
}
