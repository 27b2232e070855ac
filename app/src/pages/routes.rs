//! The addresses of the pages, for the server's router.
//!
//! Owns which addresses answer with a page, and that such an answer is sent whole. Must not exist in
//! the browser.

use leptos::prelude::*;
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use super::{ChosenPage, Page};

#[component]
pub(super) fn Routing() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=ChosenPage>
                <Route path=path!("/") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=ChosenPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

impl Page {
    /// The page at an address.
    pub(crate) fn at(uri: &http::Uri) -> Self {
        match uri.path().trim_end_matches('/') {
            "" => Self::Dashboard,
            "/sign-in" => Self::SignIn { error: parameter(uri, "error") },
            _ => Self::NotFound,
        }
    }
}

/// A parameter of the query, as it is written there: the server's codes need no escapes.
fn parameter(uri: &http::Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_page_and_what_failed_before() {
        let at = |uri: &'static str| Page::at(&http::Uri::from_static(uri));
        assert_eq!(at("/"), Page::Dashboard);
        assert_eq!(at("/sign-in"), Page::SignIn { error: None });
        assert_eq!(at("/sign-in/?a=b&error=RATE_LIMITED"), Page::SignIn { error: Some("RATE_LIMITED".to_owned()) });
        assert_eq!(at("/sign-in/more"), Page::NotFound);
    }
}
