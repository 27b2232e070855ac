//! The calls of the HTTP API that a page makes for a click.
//!
//! Owns their addresses, what their answers mean, and the sentence for a call that failed. Must not know how a call is sent.

use wire::api::{ConnectAnswer, ConnectRequest};
use wire::{ErrorBody, ErrorCode};

use crate::browser::send;
use crate::error::AppError;
use crate::timeout::with_timeout;

/// A connection, as addresses name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionKey {
    pub(crate) connector_id: String,
    pub(crate) connection_id: String,
}

impl ConnectionKey {
    fn path(&self) -> String {
        format!("/api/connectors/{}/connections/{}", self.connector_id, escaped(&self.connection_id))
    }
}

/// Starts a sync of a connection. Fails with one sentence for the user.
pub(crate) async fn sync(connection: &ConnectionKey) -> Result<(), String> {
    call("POST", format!("{}/sync", connection.path()), None).await.map(drop)
}

/// Removes a connection, with its transactions if `purge` is set.
pub(crate) async fn remove(connection: &ConnectionKey, purge: bool) -> Result<(), String> {
    let query = if purge { "?purge=true" } else { "" };
    call("DELETE", format!("{}{query}", connection.path()), None).await.map(drop)
}

/// The address of a provider's consent page, for a new connection or for reconnecting one.
pub(crate) async fn connect(path: String, connection_id: Option<String>) -> Result<String, String> {
    let request = ConnectRequest { connection_id, email: None };
    let body = serde_json::to_string(&request).unwrap_or_default();
    let text = call("POST", path, Some(body)).await?;
    let address = serde_json::from_str(&text).ok().map(|ConnectAnswer { url, .. }| url);
    address.filter(|address| may_be_opened(address)).ok_or_else(|| NO_PAGE.to_owned())
}

const NO_PAGE: &str = "The bank's page can't be opened. Try again, or ask your administrator.";

async fn call(method: &'static str, path: String, body: Option<String>) -> Result<String, String> {
    match with_timeout(send(method, path, body)).await {
        Ok((true, text)) => Ok(text),
        Ok((false, text)) => Err(refusal(serde_json::from_str(&text).ok().map(|ErrorBody { code, .. }| code))),
        Err(error) => Err(error.message()),
    }
}

/// The sentence that the user sees for the server's code.
fn refusal(code: Option<ErrorCode>) -> String {
    let sentence = match code {
        Some(ErrorCode::Unauthorized | ErrorCode::InvalidToken) => return AppError::Unauthorized.message(),
        Some(ErrorCode::NotFound) => "This connection no longer exists. Reload the page.",
        Some(ErrorCode::RateLimited) => "Too many attempts. Try again in a minute.",
        Some(ErrorCode::NotConfigured) => "This isn't set up yet. Ask your administrator.",
        _ => "That didn't work. Try again in a moment.",
    };
    sentence.to_owned()
}

/// Whether a page may send its visitor to an address: only over TLS or to this machine, never an address that a browser
/// would execute.
fn may_be_opened(address: &str) -> bool {
    let authority = |rest: &str| rest.split(['/', '?', '#', '\\']).next().unwrap_or_default().to_owned();
    if let Some(rest) = address.strip_prefix("https://") {
        return !authority(rest).is_empty();
    }
    let Some(authority) = address.strip_prefix("http://").map(authority) else { return false };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => &authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Text escaped for a path (RFC 3986).
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connections_id_is_one_part_of_its_address_whatever_is_in_it() {
        let key = |id: &str| ConnectionKey { connector_id: "apideck".to_owned(), connection_id: id.to_owned() };
        assert_eq!(key("xero+test_1").path(), "/api/connectors/apideck/connections/xero%2Btest_1");
        assert_eq!(key("../a?b#é").path(), "/api/connectors/apideck/connections/..%2Fa%3Fb%23%C3%A9");
    }

    #[test]
    fn a_page_sends_its_visitor_over_tls_or_to_this_machine_alone() {
        for good in [
            "https://consent.basiq.io/home?token=1",
            "http://127.0.0.1:4010/consent",
            "http://localhost/consent",
            "http://[::1]:8080/",
        ] {
            assert!(may_be_opened(good), "{good}");
        }
        for bad in [
            "http://bank.example/",
            "http://localhost.bank.example/",
            "http://127.0.0.1@bank.example/",
            "http://localhost:80@bank.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "//bank.example",
            "/connections",
            "https://",
            "https:bank.example",
            "HTTPS:/bank.example",
            "",
        ] {
            assert!(!may_be_opened(bad), "{bad}");
        }
    }

    #[test]
    fn a_refused_call_says_what_to_do() {
        assert!(refusal(Some(ErrorCode::RateLimited)).contains("in a minute"));
        assert!(refusal(Some(ErrorCode::NotConfigured)).contains("administrator"));
        assert!(refusal(None).starts_with("That didn't work"));
    }
}
