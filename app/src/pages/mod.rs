//! The pages: one module for each, and which of them an address shows.
//!
//! Owns the choice. The server makes it and the browser follows, so that both build the same page.
//! Must not know what a page shows.

#[cfg(feature = "ssr")]
mod admin;
mod dashboard;
mod not_found;
#[cfg(feature = "ssr")]
mod routes;
mod sign_in;
mod snapshot;
#[cfg(feature = "ssr")]
mod unavailable;

use leptos::either::EitherOf4;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use self::admin::{AdminPage, View};
use self::dashboard::DashboardPage;
use self::not_found::NotFoundPage;
pub use self::sign_in::Attempt;
use self::sign_in::SignInPage;
#[cfg(feature = "ssr")]
use self::unavailable::UnavailablePage;
use crate::context::use_page_context;
use crate::erased::erased;

/// A page, as an address asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// `/`
    Dashboard,
    /// `/sign-in`
    SignIn(Attempt),
    /// `/admin`
    Admin {
        /// What was just done there, in one word.
        done: Option<String>,
    },
    /// `/admin/deliveries/{id}`
    AdminDelivery(i64),
    /// Any address while it cannot be found out who is asking.
    Unavailable,
    /// Any other address.
    #[default]
    NotFound,
}

impl Page {
    /// Whether it is there for administrators only.
    #[cfg(feature = "ssr")]
    pub(crate) fn is_for_admins(&self) -> bool {
        matches!(self, Self::Admin { .. } | Self::AdminDelivery(_))
    }

    /// Whether it is sent whole: the browser's half takes no part in it.
    #[cfg(feature = "ssr")]
    pub(crate) fn is_plain(&self) -> bool {
        self.is_for_admins() || *self == Self::Unavailable
    }
}

/// The page that the server chose. Going to another one is a new document, so the browser needs no
/// router: with it, and with what is needed to draw every page anew, the WebAssembly would be nearly a
/// third larger.
#[component]
pub(crate) fn PageView() -> impl IntoView {
    #[cfg(feature = "ssr")]
    return routes::Routing();
    #[cfg(not(feature = "ssr"))]
    return ChosenPage();
}

#[component]
fn ChosenPage() -> impl IntoView {
    match use_page_context().page {
        Page::Dashboard => EitherOf4::A(erased(view! { <DashboardPage /> })),
        Page::SignIn(attempt) => EitherOf4::B(erased(view! { <SignInPage attempt /> })),
        #[cfg(feature = "ssr")]
        Page::Admin { done } => EitherOf4::D(view! { <AdminPage view=View::Overview { done } /> }),
        #[cfg(feature = "ssr")]
        Page::AdminDelivery(id) => EitherOf4::D(view! { <AdminPage view=View::Delivery(id) /> }),
        #[cfg(feature = "ssr")]
        Page::Unavailable => EitherOf4::D(view! { <UnavailablePage /> }),
        // The pages without a script never get here in the browser.
        #[cfg(not(feature = "ssr"))]
        Page::Admin { .. } | Page::AdminDelivery(_) | Page::Unavailable => EitherOf4::D(()),
        Page::NotFound => EitherOf4::C(erased(view! { <NotFoundPage /> })),
    }
}

/// Sends the visitor to another page. In the browser there is nothing to do: what it shows is a page
/// that the server did not redirect.
fn redirect(path: &str) {
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(path);
    #[cfg(not(feature = "ssr"))]
    let _ = path;
}
