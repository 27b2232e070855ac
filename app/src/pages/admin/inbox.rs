//! Deliveries that could not be placed or understood.

use leptos::prelude::*;
use wire::admin::Delivery;

use super::{Moment, more};

#[component]
pub(super) fn KeptDeliveries(deliveries: Vec<Delivery>, total: u64) -> AnyView {
    let is_empty = deliveries.is_empty();
    let hint = if is_empty {
        "None. A webhook that is authentic but names a connection nobody has registered, or says something that is not understood, stays here."
    } else {
        "Those of a connection are placed by themselves when it is registered. Others can be run again when the connector has learnt to read them."
    };
    let more = more(total, deliveries.len());
    let rows = deliveries.into_iter().map(kept).collect_view();
    view! {
        <section aria-labelledby="kept-title">
            <h2 id="kept-title" class="section-title">
                "Kept deliveries"
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
    let title = match connection_id {
        Some(connection) => format!("{connector_id} · {connection}"),
        None => connector_id,
    };
    let which = format!(": {key}");
    view! {
        <li class="stuck__item" data-testid="kept-delivery">
            <div class="stuck__what">
                <h3 class="stuck__title">{title} " " <Verdict verdict /></h3>
                <p>{reason}</p>
                <p class="stuck__details">{format!("{key} · ")} <Moment at=received_at /></p>
            </div>
            <div class="stuck__actions">
                <a class="button" href=format!("/admin/deliveries/{id}")>
                    "Look at it"
                    <span class="visually-hidden">{which.clone()}</span>
                </a>
                <RunAgain id which />
            </div>
        </li>
    }
}

/// A word beside the title, where there is something to say.
#[component]
pub(super) fn Verdict(verdict: String) -> impl IntoView {
    let word = match verdict.as_str() {
        "refused" => Some("Not its provider's shape"),
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
                "Run again"
                <span class="visually-hidden">{which}</span>
            </button>
        </form>
    }
}
