//! Which page an address shows.
//!
//! Owns the pages by name and the reading of addresses. The server decides which page it is and writes it into the
//! document, so that the browser builds the same one. Must not know the contents of a page.

use serde::{Deserialize, Serialize};

/// The page at an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// `/`
    Dashboard,
    /// `/sign-in`
    SignIn(Attempt),
    /// `/connections`
    Connections(ConnectOutcome),
    /// `/admin`
    Admin {
        /// The action that was just done there, in one word.
        done: Option<String>,
    },
    /// `/admin/deliveries/{id}`
    AdminDelivery(i64),
    /// Any address while the session cannot be checked.
    Unavailable,
    /// Any other address.
    #[default]
    NotFound,
}

impl Page {
    /// The page at an address.
    #[cfg(feature = "ssr")]
    pub(crate) fn at(uri: &http::Uri) -> Self {
        match uri.path().trim_end_matches('/') {
            "" => Self::Dashboard,
            "/sign-in" => Self::SignIn(Attempt { error: parameter(uri, "error"), email: String::new() }),
            "/connections" => Self::Connections(ConnectOutcome {
                connected: parameter(uri, "connected"),
                problem: parameter(uri, "problem"),
            }),
            "/admin" => Self::Admin { done: parameter(uri, "done") },
            path => {
                let id = path.strip_prefix("/admin/deliveries/").and_then(|id| id.parse().ok());
                id.map_or(Self::NotFound, Self::AdminDelivery)
            }
        }
    }

    /// Whether only administrators may see it.
    #[cfg(feature = "ssr")]
    pub(crate) fn is_for_admins(&self) -> bool {
        matches!(self, Self::Admin { .. } | Self::AdminDelivery(_))
    }

    /// Whether it is a plain document, which is sent whole and not hydrated.
    #[cfg(feature = "ssr")]
    pub(crate) fn is_plain(&self) -> bool {
        self.is_for_admins() || *self == Self::Unavailable
    }
}

/// Why a visitor sees the sign-in page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The server's code: why the last attempt failed, or why a sign-in is needed.
    pub error: Option<String>,
    /// The e-mail address of that attempt. It comes with the answer to the form and is not stored.
    pub email: String,
}

/// The outcome of a visit to a consent page, in the terms of the address that the provider redirected to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectOutcome {
    /// The connector through which an account was connected.
    pub connected: Option<String>,
    /// Why no account was connected.
    pub problem: Option<String>,
}

/// A parameter of the query, without unescaping: the server's codes need none.
#[cfg(feature = "ssr")]
fn parameter(uri: &http::Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_page_and_what_failed_before() {
        let at = |uri: &'static str| Page::at(&http::Uri::from_static(uri));
        assert_eq!(at("/"), Page::Dashboard);
        let attempt = |error: Option<&str>| Attempt { error: error.map(str::to_owned), email: String::new() };
        assert_eq!(at("/sign-in"), Page::SignIn(attempt(None)));
        assert_eq!(at("/sign-in/?a=b&error=RATE_LIMITED"), Page::SignIn(attempt(Some("RATE_LIMITED"))));
        assert_eq!(at("/sign-in/more"), Page::NotFound);
        let (connected, problem) = (Some("basiq".to_owned()), Some("expired".to_owned()));
        let outcome = |connected, problem| Page::Connections(ConnectOutcome { connected, problem });
        assert_eq!(at("/connections"), outcome(None, None));
        assert_eq!(at("/connections?connected=basiq"), outcome(connected, None));
        assert_eq!(at("/connections?problem=expired"), outcome(None, problem));
        assert_eq!(at("/admin?done=kept"), Page::Admin { done: Some("kept".to_owned()) });
        assert_eq!((at("/admin/deliveries/7"), at("/admin/deliveries/x")), (Page::AdminDelivery(7), Page::NotFound));
    }
}
