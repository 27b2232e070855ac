//! The current error and its solution.
//!
//! Owns its presentation: a line above the list, or, after the feed has ended, a panel in place of the page. Must not
//! choose the error.

use leptos::either::Either;
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
                        match ending(&error) {
                            None => {
                                Either::Left(view! { <p class="notice notice--error" dir="auto">{error.message()}</p> })
                            }
                            Some((title, sentence, label, href)) => {
                                Either::Right(
                                    view! {
                                        <div class="entrance__panel">
                                            <h2 class="entrance__title">{title}</h2>
                                            <p>{sentence}</p>
                                            <a class="button button--primary" href=href rel="external">
                                                {label}
                                            </a>
                                        </div>
                                    },
                                )
                            }
                        }
                    })
            }}
        </div>
    }
}

/// The panel for a feed that has ended, with a link to the solution.
fn ending(error: &ClientError) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    match error {
        ClientError::SessionEnded => {
            Some(("You've been signed out", "Sign in to continue.", "Sign in", "/sign-in?error=UNAUTHORIZED"))
        }
        ClientError::OtherUser => {
            Some(("Someone else has signed in on this browser", "Reload the page to continue.", "Reload", "/"))
        }
        _ => None,
    }
}
