//! The page that the server chose.
//!
//! Owns which component shows which page. Must not know the contents of a page.

use leptos::either::EitherOf5;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::admin::{AdminPage, View};
use super::connections::ConnectionsPage;
use super::dashboard::DashboardPage;
use super::not_found::NotFoundPage;
use super::sign_in::SignInPage;
#[cfg(feature = "ssr")]
use super::unavailable::UnavailablePage;
use crate::context::use_page_context;
use crate::erased::erased;
use crate::page::Page;

#[component]
pub(super) fn ChosenPage() -> impl IntoView {
    match use_page_context().page {
        Page::Dashboard => EitherOf5::A(erased(view! { <DashboardPage /> })),
        Page::SignIn(attempt) => EitherOf5::B(erased(view! { <SignInPage attempt /> })),
        Page::Connections(outcome) => EitherOf5::E(erased(view! { <ConnectionsPage outcome /> })),
        #[cfg(feature = "ssr")]
        Page::Admin { done } => EitherOf5::D(view! { <AdminPage view=View::Overview { done } /> }),
        #[cfg(feature = "ssr")]
        Page::AdminDelivery(id) => EitherOf5::D(view! { <AdminPage view=View::Delivery(id) /> }),
        #[cfg(feature = "ssr")]
        Page::Unavailable => EitherOf5::D(view! { <UnavailablePage /> }),
        // The pages without a script are never rendered in the browser.
        #[cfg(not(feature = "ssr"))]
        Page::Admin { .. } | Page::AdminDelivery(_) | Page::Unavailable => EitherOf5::D(()),
        Page::NotFound => EitherOf5::C(erased(view! { <NotFoundPage /> })),
    }
}
