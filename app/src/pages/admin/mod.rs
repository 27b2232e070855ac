//! For administrators: failed webhooks and outgoing transactions, and the buttons to retry them.
//!
//! Owns the two pages, which are plain documents with forms. They need no WebAssembly, because they must work when
//! little else works. Must not decide who is an administrator.

mod delivery;
mod inbox;
mod outbox;
mod parts;

use leptos::prelude::*;
use leptos_meta::Title;
use wire::admin::AdminView;

use self::delivery::RawDeliveryView;
use self::inbox::KeptDeliveries;
use self::outbox::OutboxSections;
use self::parts::Moment;
use super::not_found::NotFoundPage;
use crate::backend::{BackendError, SharedBackend};
use crate::components::wordmark::Wordmark;
use crate::context::use_page_context;

/// The page, and the action that was just done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View {
    Overview { done: Option<String> },
    Delivery(i64),
}

/// For other users the page does not exist. Its parts erase their types: a view's type names all its parts, and at this
/// nesting depth the names alone would take gigabytes.
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
                "In this demo you are an administrator, and all of this data is made up. In your own installation, ADMIN_USERS lists who can see this page."
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
                "The store can't be read right now. The server's log has the reason."
            </p>
            <a class="button" href="/admin">
                "Try again"
            </a>
        </div>
    }
    .into_any()
}

/// The result from the server's redirect: its style and its message.
fn sentence(done: &str) -> (&'static str, String) {
    let good = "notice notice--good";
    let (class, sentence) = match done {
        "applied" => (good, "The webhook was processed."),
        "processed_before" => ("notice", "The webhook had already been processed. Nothing was changed."),
        "kept" => ("notice", "The webhook still can't be processed. The reason is shown below."),
        "refused" => ("notice", "The webhook still has an unexpected format."),
        "outdated" => {
            ("notice", "It was outdated and has been removed. A newer revision of the transaction is sent separately.")
        }
        "set_aside" => {
            (good, "The transaction was set aside under “Permanently rejected”. The rest of the queue continues.")
        }
        "revived-0" => (good, "Waiting transactions are being sent now."),
        "revived-1" => (good, "The transaction will be sent again, at the end of its user's queue."),
        "NOT_FOUND" => ("notice notice--error", "It no longer exists: processed items are kept for a limited time."),
        other => match other.strip_prefix("revived-").and_then(|number| number.parse::<u32>().ok()) {
            Some(number) => {
                return (
                    good,
                    format!("{number} transactions will be sent again, each at the end of its user's queue."),
                );
            }
            None => ("notice notice--error", "That didn't work. The server's log has the reason."),
        },
    };
    (class, sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_codes_become_success_messages() {
        assert!(sentence("applied").1.contains("processed"));
        assert!(sentence("revived-2").1.starts_with("2 transactions will be sent"));
        assert!(sentence("revived-1").1.starts_with("The transaction will be sent"));
        for odd in ["<b>", "revived-x", "", "INTERNAL"] {
            let (class, sentence) = sentence(odd);
            assert!(class.contains("error") && sentence.starts_with("That didn't work"), "{odd}");
        }
    }
}
