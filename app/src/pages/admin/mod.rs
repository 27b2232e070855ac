//! For administrators: what is stuck on its way in or out, and the buttons that set it going again.
//!
//! Owns the two pages, which are sent whole and work with plain forms: they need no WebAssembly, and
//! must work on the day on which little else does. Must not decide who is an administrator.

mod delivery;
mod inbox;
mod outbox;

use leptos::prelude::*;
use leptos_meta::Title;
use wire::admin::AdminView;

use self::delivery::RawDeliveryView;
use self::inbox::KeptDeliveries;
use self::outbox::OutboxSections;
use super::not_found::NotFoundPage;
use crate::backend::{BackendError, SharedBackend};
use crate::components::wordmark::Wordmark;
use crate::context::use_page_context;
use crate::format::count;

/// Which of the two, and what was just done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View {
    Overview { done: Option<String> },
    Delivery(i64),
}

/// To anybody else there is no such page. Its parts hide their types from one another: each view is a type
/// that spells out all that is in it, and nested as deep as here, the names alone would be gigabytes.
#[component]
pub(super) fn AdminPage(view: View) -> AnyView {
    let viewer = crate::context::viewer().zip(use_context::<SharedBackend>());
    match viewer.filter(|(viewer, backend)| backend.is_admin(viewer)) {
        Some((viewer, backend)) => {
            let content = async move {
                match view {
                    View::Overview { done } => overview(backend.admin().await, done),
                    View::Delivery(id) => match backend.delivery(id).await {
                        Ok(Some(raw)) => view! { <RawDeliveryView raw /> }.into_any(),
                        Ok(None) => missing(),
                        Err(_) => unavailable(),
                    },
                }
            };
            view! {
                <Title text="Administration" />
                <Bar name=viewer.display_name />
                <main id="main" class="page">
                    <Suspense>{Suspend::new(content)}</Suspense>
                </main>
            }
            .into_any()
        }
        None => view! { <NotFoundPage /> }.into_any(),
    }
}

#[component]
fn Bar(name: String) -> impl IntoView {
    view! {
        <header class="header">
            <div class="header__inner">
                <a class="header__home" href="/">
                    <Wordmark />
                </a>
                <a class="header__link" href="/">
                    "Transactions"
                </a>
                <div class="header__user">
                    <span class="header__name" dir="auto">{name}</span>
                    <form method="post" action="/api/session/end">
                        <button class="button button--quiet" type="submit">
                            "Sign out"
                        </button>
                    </form>
                </div>
            </div>
        </header>
    }
}

fn overview(view: Result<AdminView, BackendError>, done: Option<String>) -> AnyView {
    let Ok(AdminView { at, outbox, kept, kept_deliveries }) = view else { return unavailable() };
    let done = done.map(|done| {
        let (class, sentence) = sentence(&done);
        view! { <p class=class role="status">{sentence}</p> }
    });
    let of_demo = use_page_context().is_demo().then(|| {
        view! {
            <p class="notice">
                "In this demo you are an administrator, and all of this is invented. In an installation of your own, ADMIN_USERS says who sees this page."
            </p>
        }
    });
    view! {
        <div class="admin__title">
            <h1>"Administration"</h1>
            <p class="admin__at">
                "As of " <Moment at /> <a class="button button--quiet" href="/admin">"Refresh"</a>
            </p>
        </div>
        {done}
        {of_demo}
        <OutboxSections outbox />
        <KeptDeliveries deliveries=kept_deliveries total=kept />
    }
    .into_any()
}

fn missing() -> AnyView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <div class="empty">
            <h1 class="empty__title">"Webhook not found"</h1>
            <p>"It may have been removed: processed webhooks are kept for a limited time."</p>
            <a class="button" href="/admin">"Back"</a>
        </div>
    }
    .into_any()
}

fn unavailable() -> AnyView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::SERVICE_UNAVAILABLE);
    }
    view! {
        <div class="empty">
            <h1 class="empty__title">"Administration"</h1>
            <p class="notice notice--error" role="alert">
                "The store can't be read right now. The server's log says why."
            </p>
            <a class="button" href="/admin">
                "Try again"
            </a>
        </div>
    }
    .into_any()
}

/// What the server sent the browser back with: how to show it, and what to say.
fn sentence(done: &str) -> (&'static str, String) {
    let good = "notice notice--good";
    let (class, sentence) = match done {
        "applied" => (good, "The delivery was applied."),
        "processed_before" => ("notice", "The delivery had been processed already: nothing was done."),
        "kept" => ("notice", "The delivery still cannot be placed or understood; its reason stands below."),
        "refused" => ("notice", "The delivery is still not what its provider sends."),
        "outdated" => {
            ("notice", "It was out of date and is gone: a newer revision of the transaction is sent for itself.")
        }
        "set_aside" => (good, "The transaction is among the refused ones now, and what was behind it goes on."),
        "revived-0" => (good, "What waits is tried now."),
        "revived-1" => (good, "The transaction goes to the core app again, at the end of its user's queue."),
        "NOT_FOUND" => ("notice notice--error", "It is no longer there: what is settled is kept for a time only."),
        other => match other.strip_prefix("revived-").and_then(|number| number.parse::<u32>().ok()) {
            Some(number) => {
                return (
                    good,
                    format!("{number} transactions go to the core app again, each at the end of its user's queue."),
                );
            }
            None => ("notice notice--error", "That did not work. The server's log says why."),
        },
    };
    (class, sentence.to_owned())
}

/// `23 Nov 2026, 02:11:45 UTC`: an operator compares it with logs, so it is exact and the same for all.
#[component]
fn Moment(at: String) -> impl IntoView {
    let shown = moment(&at);
    view! { <time datetime=at>{shown}</time> }
}

fn moment(rfc3339: &str) -> String {
    let Some(millis) = wire::time::unix_millis(rfc3339) else { return rfc3339.to_owned() };
    let at = wire::time::Civil::from_unix_millis(millis, 0);
    let (day, month, year) = (at.day, at.month_name(), at.year);
    format!("{day} {month} {year}, {:02}:{:02}:{:02} UTC", at.hour, at.minute, at.second)
}

/// How many rows a list leaves out.
fn more(total: u64, shown: usize) -> Option<impl IntoView> {
    let more = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(shown);
    (more > 0)
        .then(|| view! { <p class="section-hint">{format!("And {}.", count(more, "older one", "older ones"))}</p> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_own_words_become_sentences_of_success() {
        assert!(sentence("applied").1.contains("applied"));
        assert!(sentence("revived-2").1.starts_with("2 transactions go"));
        assert!(sentence("revived-1").1.starts_with("The transaction goes"));
        for odd in ["<b>", "revived-x", "", "INTERNAL"] {
            let (class, sentence) = sentence(odd);
            assert!(class.contains("error") && sentence.starts_with("That did not work"), "{odd}");
        }
    }

    #[test]
    fn a_moment_is_exact_and_the_same_everywhere() {
        assert_eq!(moment("2026-11-23T02:11:45.000Z"), "23 Nov 2026, 02:11:45 UTC");
        assert_eq!(moment("soon"), "soon");
    }
}
