//! The pages, one module for each.
//!
//! Owns the choice among them. Must not know the contents of a page.

#[cfg(feature = "ssr")]
mod admin;
mod chosen;
mod connections;
mod dashboard;
mod failure;
mod first_load;
mod not_found;
mod redirect;
#[cfg(feature = "ssr")]
mod routes;
mod sign_in;
#[cfg(feature = "ssr")]
mod unavailable;

use leptos::prelude::*;

/// The page that the server chose. Navigating to another page loads a new document, so the browser needs no router:
/// with one, and the code to draw every page, the WebAssembly would be nearly a third larger.
#[component]
pub(crate) fn PageView() -> impl IntoView {
    #[cfg(feature = "ssr")]
    return routes::Routing();
    #[cfg(not(feature = "ssr"))]
    return chosen::ChosenPage();
}
