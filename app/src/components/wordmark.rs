//! The name of the product.

use leptos::prelude::*;

/// The mark is four strokes and a wire across them: a tally.
#[component]
pub(crate) fn Wordmark() -> impl IntoView {
    view! {
        <span class="wordmark">
            <svg class="wordmark__mark" viewBox="0 0 28 24" width="28" height="24" aria-hidden="true" focusable="false">
                <path d="M5 4v16M11 4v16M17 4v16M23 4v16" class="wordmark__strokes" />
                <path d="M1 17 27 7" class="wordmark__wire" />
            </svg>
            "Tallywire"
        </span>
    }
}
