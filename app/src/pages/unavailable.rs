//! The page for a request whose session cannot be read: a valid session must not look as if it had ended. It is a
//! plain document that reloads automatically.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::components::wordmark::Wordmark;

/// After how many seconds it reloads.
const RETRY_SECONDS: &str = "10";

#[component]
pub(crate) fn UnavailablePage() -> AnyView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::SERVICE_UNAVAILABLE);
        response.insert_header(http::header::RETRY_AFTER, http::HeaderValue::from_static(RETRY_SECONDS));
    }
    view! {
        <Title text="Back in a moment" />
        <Meta http_equiv="refresh" content=RETRY_SECONDS />
        <main id="main" class="entrance">
            <div class="entrance__panel">
                <Wordmark />
                <h1 class="entrance__title">"Back in a moment"</h1>
                <p role="alert">
                    "We can't load your data right now. Nothing is lost; new transactions will appear once we're back."
                </p>
                <p class="muted">"We'll keep trying automatically."</p>
                <a class="button button--primary" href="" rel="external">
                    "Try again now"
                </a>
            </div>
        </main>
    }
    .into_any()
}
