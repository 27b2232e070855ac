//! What went wrong, and the way out.

use leptos::prelude::*;

use crate::realtime::ClientError;

#[component]
pub(crate) fn Alert(error: Signal<Option<ClientError>>) -> impl IntoView {
    view! {
        <div class="alert" role="alert">
            {move || {
                error
                    .get()
                    .map(|error| {
                        let way_out = if error.needs_sign_in() {
                            Some(("Sign in", "/sign-in?error=UNAUTHORIZED"))
                        } else if error == ClientError::OtherUser {
                            Some(("Reload", "/"))
                        } else {
                            None
                        };
                        view! {
                            <p class="notice notice--error">
                                <span>{error.message()}</span>
                                {way_out.map(|(label, href)| view! { <a href=href rel="external">{label}</a> })}
                            </p>
                        }
                    })
            }}
        </div>
    }
}
