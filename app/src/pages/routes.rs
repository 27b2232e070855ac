//! The addresses of the pages, for the server's router.
//!
//! Owns which addresses answer with a page, and that such an answer is sent whole. Must not exist in
//! the browser.

use leptos::prelude::*;
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use super::{Attempt, ChosenPage, Page};

#[component]
pub(super) fn Routing() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=ChosenPage>
                <Route path=path!("/") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/admin") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/admin/deliveries/:id") view=ChosenPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

impl Page {
    /// The page at an address.
    pub(crate) fn at(uri: &http::Uri) -> Self {
        match uri.path().trim_end_matches('/') {
            "" => Self::Dashboard,
            "/sign-in" => Self::SignIn(Attempt { error: parameter(uri, "error"), email: String::new() }),
            "/admin" => Self::Admin { done: parameter(uri, "done") },
            path => {
                let id = path.strip_prefix("/admin/deliveries/").and_then(|id| id.parse().ok());
                id.map_or(Self::NotFound, Self::AdminDelivery)
            }
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
        let attempt = |error: Option<&str>| Attempt { error: error.map(str::to_owned), email: String::new() };
        assert_eq!(at("/sign-in"), Page::SignIn(attempt(None)));
        assert_eq!(at("/sign-in/?a=b&error=RATE_LIMITED"), Page::SignIn(attempt(Some("RATE_LIMITED"))));
        assert_eq!(at("/sign-in/more"), Page::NotFound);
        assert_eq!(at("/admin?done=kept"), Page::Admin { done: Some("kept".to_owned()) });
        assert_eq!((at("/admin/deliveries/7"), at("/admin/deliveries/x")), (Page::AdminDelivery(7), Page::NotFound));
    }
}
