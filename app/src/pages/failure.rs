//! A page whose data could not be loaded, with a way out.

use leptos::prelude::*;

use crate::error::AppError;

/// `title` names the missing data; `href` is the page itself.
#[component]
pub(super) fn Failure(error: AppError, title: &'static str, href: &'static str) -> impl IntoView {
    let signed_out = error == AppError::Unauthorized;
    let (label, href) = if signed_out { ("Sign in", "/sign-in") } else { ("Try again", href) };
    view! {
        <main id="main" class="entrance">
            <div class="entrance__panel">
                <h1 class="entrance__title">{title}</h1>
                <p role="alert">{move || error.message()}</p>
                <a class="button button--primary" href=href rel="external">
                    {label}
                </a>
            </div>
        </main>
    }
}
