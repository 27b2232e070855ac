//! The header of a signed-in user's pages.

use leptos::prelude::*;

use super::badge::ConnectionBadge;
use super::wordmark::Wordmark;
use crate::context::use_page_context;
use crate::realtime::UseRealtimeTransactionsReturn;

#[component]
pub(crate) fn Header(
    name: String,
    feed: UseRealtimeTransactionsReturn,
    /// The address and the name of the other page.
    elsewhere: (&'static str, &'static str),
) -> impl IntoView {
    let (href, label) = elsewhere;
    view! {
        <header class="header">
            <div class="header__inner">
                <a class="header__home" href="/">
                    <Wordmark />
                </a>
                <ConnectionBadge feed />
                <a class="header__link" href=href rel="external" hidden=move || feed.ended.get()>
                    {label}
                </a>
                {use_page_context()
                    .is_admin
                    .then(|| {
                        view! {
                            <a class="header__link" href="/admin" rel="external" hidden=move || feed.ended.get()>
                                "Admin"
                            </a>
                        }
                    })}
                <div class="header__user" hidden=move || feed.ended.get()>
                    <span class="header__name" dir="auto">
                        {name}
                    </span>
                    <form method="post" action="/api/session/end">
                        <button class="button button--quiet" type="submit" data-testid="sign-out">
                            "Sign out"
                        </button>
                    </form>
                </div>
            </div>
        </header>
    }
}
