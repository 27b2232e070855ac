//! The address to open, and the server's first packet.
//!
//! Owns the query parameters and the limits of a connection. Must not open anything.

use serde::Deserialize;

use crate::Error;

/// Schemes that a page or a caller may use, and their WebSocket equivalents.
const SCHEMES: [(&str, &str); 4] =
    [("http://", "ws://"), ("https://", "wss://"), ("ws://", "ws://"), ("wss://", "wss://")];

/// The address of the WebSocket. `base` is a scheme, a host and optionally a port; a path in it is an error rather than
/// ignored, because some callers would mean a namespace by it and others the server's path.
pub fn url(base: &str, path: &str) -> Result<String, Error> {
    let (scheme, rest) = SCHEMES
        .iter()
        .find_map(|(from, to)| strip_scheme(base, from).map(|rest| (to, rest)))
        .ok_or(Error::InvalidUrl)?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let outside = |c: char| matches!(c, '/' | '?' | '#' | '\\') || c.is_whitespace() || c.is_control();
    if host.is_empty() || host.contains(outside) || path.contains(['?', '#']) {
        return Err(Error::InvalidUrl);
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok([scheme, host, slash, path, "?EIO=4&transport=websocket"].concat())
}

fn strip_scheme<'a>(base: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = base.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The content of the server's open packet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    /// The id of the engine's session. Servers differ in its length.
    pub sid: String,
    /// How often the server pings, in milliseconds.
    pub ping_interval: u32,
    /// How long after a missed ping the connection is dead, in milliseconds.
    pub ping_timeout: u32,
    /// The largest message that the server accepts, in bytes.
    #[serde(default)]
    pub max_payload: Option<u64>,
}

impl Open {
    /// Reads the data of an open packet.
    pub fn decode(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|_| Error::Malformed("open packet"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_follows_the_scheme_of_the_page() {
        let expected = "ws://localhost:3003/socket.io/?EIO=4&transport=websocket";
        for base in ["http://localhost:3003", "ws://localhost:3003/", "HTTP://localhost:3003"] {
            assert_eq!(url(base, "/socket.io/").as_deref(), Ok(expected), "{base}");
        }
        assert_eq!(url("https://[::1]", "rt/").as_deref(), Ok("wss://[::1]/rt/?EIO=4&transport=websocket"));
    }

    #[test]
    fn an_address_that_is_none_or_says_too_much_is_refused() {
        for base in ["", "null", "file://", "http://", "example.com", "http://a/b", "http://a?x", "http://a b", "ws:/é"]
        {
            assert_eq!(url(base, "/socket.io/"), Err(Error::InvalidUrl), "{base}");
        }
        assert_eq!(url("http://a", "/socket.io/?x=1"), Err(Error::InvalidUrl));
    }

    #[test]
    fn sids_of_any_length_are_read() {
        for sid in ["lv_VI97HAXpY6yYW", "IvMLd7wvWhvUp8p-AAAG", ""] {
            let json = format!(
                r#"{{"sid":"{sid}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}}"#
            );
            let open = Open::decode(&json).unwrap();
            assert_eq!((open.sid.as_str(), open.max_payload), (sid, Some(100_000)));
        }
    }

    #[test]
    fn an_open_packet_without_limits_is_an_error() {
        for json in ["", "{}", "[]", r#"{"sid":"a","pingInterval":-1,"pingTimeout":1}"#] {
            assert_eq!(Open::decode(json), Err(Error::Malformed("open packet")), "{json}");
        }
    }
}
