//! The line that every page of a demo carries.

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
