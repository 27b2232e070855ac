//! The line on every page of a demo.

use leptos::prelude::*;

#[component]
pub(crate) fn DemoBanner() -> impl IntoView {
    view! {
        <p class="demo-banner" data-testid="demo-banner">
            <strong>"Demo."</strong>
            " The people and the money here are made up. Look around as you like."
        </p>
    }
}
