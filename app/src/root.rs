//! The document.
//!
//! Owns the frame around every page. Must not load data.

use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};

use crate::browser::keep_focus;
use crate::clock::Clock;
use crate::components::banner::DemoBanner;
use crate::context::provide_page_context;
use crate::pages::PageView;
use crate::realtime::provide_realtime;

/// The HTML document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::security::set_headers();
    let is_live = is_live();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f6f5f2" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#10171a" media="(prefers-color-scheme: dark)" />
                <meta
                    name="description"
                    content="Your bank and accounting transactions, on your screen the moment they happen."
                />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="manifest" href="/site.webmanifest" />
                <HashedStylesheet options=options.clone() id="stylesheet" />
                <AutoReload options=options.clone() />
                {is_live.then(|| view! { <HydrationScripts options /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Whether the page is hydrated. Some are plain documents.
fn is_live() -> bool {
    #[cfg(feature = "ssr")]
    return !crate::context::asked_for().is_plain();
    #[cfg(not(feature = "ssr"))]
    true
}

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let page = provide_page_context();
    Clock::provide();
    provide_realtime();
    Effect::new(|_| {
        keep_focus();
        mark_hydrated();
    });
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Tallywire".to_owned() } else { format!("{title} · Tallywire") } />
        <a class="skip-link" href="#main">
            "Skip to content"
        </a>
        {page.is_demo().then(|| view! { <DemoBanner /> })}
        <PageView />
    }
}

/// Tells style sheets and tests that the page now responds to clicks.
fn mark_hydrated() {
    #[cfg(target_arch = "wasm32")]
    if let Some(body) = document().body() {
        // Fails only for an invalid attribute name.
        let _ = body.set_attribute("data-hydrated", "true");
    }
}
