//! The error of a call, next to its button.

use leptos::prelude::*;

#[component]
pub(super) fn CallError(error: RwSignal<Option<String>>) -> impl IntoView {
    view! {
        <div class="call-error" role="alert">
            {move || error.get().map(|error| view! { <p class="notice notice--error" data-testid="call-error">{error}</p> })}
        </div>
    }
}
