//! The dashboard: a user's accounts and transactions, live.
//!
//! Owns joining the live feed with the components and deciding what deserves a notice. Must not format or lay out.

use std::time::Duration;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use wire::api::Snapshot;
use wire::events::SyncStats;

use super::failure::Failure;
use super::first_load::with_first;
use super::redirect::redirect;

use crate::api::load_snapshot;
use crate::browser::{Attention, ScrollAnchor};
use crate::clock::now_millis;
use crate::components::accounts::Accounts;
use crate::components::alert::Alert;
use crate::components::header::Header;
use crate::components::highlights::Highlights;
use crate::components::summary::Totals;
use crate::components::toaster::Toaster;
use crate::components::transactions::Transactions;
use crate::context::{Person, SocketTarget, use_page_context};
use crate::erased::erased;
use crate::format::count;
use crate::realtime::{UseRealtimeTransactionsOptions, UseRealtimeTransactionsReturn, use_realtime_transactions};
use crate::toasts::Toasts;

#[component]
pub(crate) fn DashboardPage() -> impl IntoView {
    let viewer = use_page_context().viewer;
    if viewer.is_none() {
        redirect("/sign-in");
    }
    viewer.map(|viewer| {
        view! {
            <Title text="Transactions" />
            {with_first(load_snapshot, move |snapshot| match snapshot {
                Ok(snapshot) => Either::Left(view! { <Dashboard viewer=viewer.clone() snapshot /> }),
                Err(error) => Either::Right(view! { <Failure error title="Your transactions can't be shown" href="/" /> }),
            })}
        }
    })
}

#[component]
fn Dashboard(viewer: Person, snapshot: Snapshot) -> impl IntoView {
    let toasts = RwSignal::new(Toasts::default());
    let highlights = Highlights::provide();
    let options = UseRealtimeTransactionsOptions::new()
        .initial(snapshot)
        .on_new_transaction(move |transaction| {
            highlights.added(&transaction, now_millis());
            toasts.update(|toasts| toasts.transaction(&transaction, now_millis()));
        })
        .on_updated(move |transaction| highlights.updated(&transaction, now_millis()))
        .on_sync_complete(move |stats| toasts.update(|toasts| announce_sync(toasts, stats)));
    let options = match use_page_context().socket {
        Some(SocketTarget { url, token }) => options.url(url).fixed_token(token),
        None => options,
    };
    let feed = use_realtime_transactions(options);
    // A notice may concern another user's transactions, or deleted ones.
    Effect::new(move |_| {
        if feed.ended.get() || !feed.loaded.get() {
            toasts.set(Toasts::default());
        }
    });
    let is_loading = move || !feed.loaded.get() && !feed.ended.get();
    shorten_unread(feed);
    let main = NodeRef::new();
    ScrollAnchor::provide(main);
    view! {
        {erased(view! { <Header name=viewer.display_name feed elsewhere=("/connections", "Connections") /> })}
        <main id="main" class="page" class:page--over=move || feed.ended.get() node_ref=main>
            <h1 class="visually-hidden">"Your transactions"</h1>
            <Alert error=feed.error />
            {erased(view! { <Totals summary=feed.summary /> })}
            <p class="notice" role="status" hidden=move || !is_loading()>
                "Loading your transactions…"
            </p>
            <div class="columns" hidden=move || feed.ended.get() || is_loading()>
                {erased(view! { <Accounts accounts=feed.accounts /> })} {erased(view! { <Transactions feed /> })}
            </div>
        </main>
        {erased(view! { <Toaster toasts /> })}
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// A page that is open for weeks must not grow without limit, but a list that is being read never shrinks.
fn shorten_unread(feed: UseRealtimeTransactionsReturn) {
    let attention = Attention::new();
    Effect::new(move |_| {
        let look = move || {
            if attention.is_elsewhere() {
                feed.shorten.run(());
            }
        };
        if let Ok(handle) = set_interval_with_handle(look, MINUTE) {
            on_cleanup(move || handle.clear());
        }
    });
}

/// Only if nothing is new: new transactions have their own notice.
fn announce_sync(toasts: &mut Toasts, stats: SyncStats) {
    if stats.new_transactions == 0 {
        let total = usize::try_from(stats.total_transactions).unwrap_or(usize::MAX);
        toasts.notice("Up to date", count(total, "transaction checked", "transactions checked"), now_millis());
    }
}
