//! The addresses of the pages, for the server's router.
//!
//! Owns which addresses answer with a page, and that such an answer is sent whole. Must not exist in the browser.

use leptos::prelude::*;
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use super::chosen::ChosenPage;

#[component]
pub(super) fn Routing() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=ChosenPage>
                <Route path=path!("/") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/connections") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/admin") view=ChosenPage ssr=SsrMode::Async />
                <Route path=path!("/admin/deliveries/:id") view=ChosenPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
