//! Quarantined webhooks.

use leptos::prelude::*;
use wire::admin::Delivery;

use super::parts::{Moment, more};

#[component]
pub(super) fn KeptDeliveries(deliveries: Vec<Delivery>, total: u64) -> AnyView {
    let is_empty = deliveries.is_empty();
    let hint = if is_empty {
        "None. An authentic webhook for a connection that is not registered, or with content that is not understood, stays here."
    } else {
        "Webhooks of an unregistered connection are processed once it is registered. Retry the others once the connector can read them."
    };
    let more = more(total, deliveries.len());
    let rows = deliveries.into_iter().map(kept).collect_view();
    view! {
        <section aria-labelledby="kept-title">
            <h2 id="kept-title" class="section-title">
                "Unprocessed webhooks"
            </h2>
            <p class="section-hint">{hint}</p>
            {(!is_empty).then(|| view! { <ul class="stuck">{rows}</ul> })}
            {more}
        </section>
    }
    .into_any()
}

fn kept(delivery: Delivery) -> impl IntoView {
    let Delivery { id, connector_id, connection_id, received_at, verdict, reason, key, .. } = delivery;
    let connection = connection_id.map(|connection| view! { " · " <bdi>{connection}</bdi> });
    let which = format!(": {key}");
    view! {
        <li class="stuck__item" data-testid="kept-delivery">
            <div class="stuck__what">
                <h3 class="stuck__title"><bdi>{connector_id}</bdi> {connection} " " <Verdict verdict /></h3>
                <p dir="auto">{reason}</p>
                <p class="stuck__details"><bdi>{key}</bdi> " · " <Moment at=received_at /></p>
            </div>
            <div class="stuck__actions">
                <a class="button" href=format!("/admin/deliveries/{id}")>
                    "View"
                    <span class="visually-hidden">{which.clone()}</span>
                </a>
                <RunAgain id which />
            </div>
        </li>
    }
}

/// A word next to the title, if any.
#[component]
pub(super) fn Verdict(verdict: String) -> impl IntoView {
    let word = match verdict.as_str() {
        "refused" => Some("Unexpected format"),
        "kept" => None,
        _ => Some("Processed"),
    };
    word.map(|word| view! { <span class="tag" data-verdict=verdict>{word}</span> })
}

#[component]
pub(super) fn RunAgain(id: i64, which: String) -> impl IntoView {
    view! {
        <form method="post" action=format!("/api/admin/inbox/{id}/replay")>
            <button class="button" type="submit">
                "Retry"
                <span class="visually-hidden">{which}</span>
            </button>
        </form>
    }
}
