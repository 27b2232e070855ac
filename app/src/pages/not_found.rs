//! The page for an unknown address.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::wordmark::Wordmark;

#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Page not found" />
        <main id="main" class="entrance">
            <div class="entrance__panel">
                <Wordmark />
                <h1 class="entrance__title">"Page not found"</h1>
                <p class="muted">"The address may be mistyped, or the page has moved."</p>
                <a class="button button--primary" href="/" rel="external">
                    "Go to your transactions"
                </a>
            </div>
        </main>
    }
}
