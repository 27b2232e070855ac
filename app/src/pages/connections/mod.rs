//! The connections to banks and accounting services: the state of each, and its actions.
//!
//! Owns joining the list, the live feed and the components. Must not contain texts or layout.

mod actions;
mod call_error;
mod card;
mod connect;
mod moment;
mod removal;
mod state;
mod wording;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use wire::connections::ConnectionsView;
use wire::events::SyncComplete;

use self::card::{Card, name_of};
use self::connect::ConnectBank;
use self::removal::{Removal, RemovalDialog};
use self::state::Connections;
use super::failure::Failure;
use super::first_load::with_first;
use super::redirect::redirect;
use crate::api::load_connections_view;
use crate::browser::forget_query;
use crate::calls::ConnectionKey;
use crate::clock::now_millis;
use crate::components::alert::Alert;
use crate::components::header::Header;
use crate::components::keyed::{Item, keyed};
use crate::components::toaster::Toaster;
use crate::context::{Person, SocketTarget, use_page_context};
use crate::erased::erased;
use crate::format::count;
use crate::page::ConnectOutcome;
use crate::realtime::{UseRealtimeTransactionsOptions, use_realtime_transactions};
use crate::toasts::Toasts;

#[component]
pub(crate) fn ConnectionsPage(outcome: ConnectOutcome) -> impl IntoView {
    let viewer = use_page_context().viewer;
    if viewer.is_none() {
        redirect("/sign-in");
    }
    viewer.map(|viewer| {
        view! {
            <Title text="Connections" />
            {with_first(
                load_connections_view,
                move |first| match first {
                    Ok(first) => {
                        Either::Left(view! { <Overview viewer=viewer.clone() first outcome=outcome.clone() /> })
                    }
                    Err(error) => {
                        Either::Right(
                            view! { <Failure error title="Your connections can't be shown" href="/connections" /> },
                        )
                    }
                },
            )}
        }
    })
}

/// The card observes changes itself.
impl Item for ConnectionKey {
    fn is_unchanged(&self, _other: &Self) -> bool {
        true
    }
}

#[component]
fn Overview(viewer: Person, first: ConnectionsView, outcome: ConnectOutcome) -> impl IntoView {
    let connections = Connections::new(&first);
    let ConnectionsView { snapshot, connectors, .. } = first;
    let said = wording::outcome(&outcome, &connectors);
    let connectors = StoredValue::new(connectors);
    let toasts = RwSignal::new(Toasts::default());
    let announce = move |event: SyncComplete| {
        let Some(key) = connections.end_sync(|key| key.connection_id == event.connection_id) else { return };
        let connection = untrack(|| connections.get(&key));
        let name = connection.map(|it| connectors.with_value(|connectors| name_of(&it, connectors)));
        let (title, detail) =
            sync_notice(&name.unwrap_or_default(), event.stats.new_transactions, event.stats.total_transactions);
        toasts.update(|toasts| toasts.notice(title, detail, now_millis()));
    };
    let options = UseRealtimeTransactionsOptions::new()
        .initial(snapshot)
        .on_new_transaction(move |transaction| toasts.update(|it| it.transaction(&transaction, now_millis())))
        .on_sync(announce);
    let options = match use_page_context().socket {
        Some(SocketTarget { url, token }) => options.url(url).fixed_token(token),
        None => options,
    };
    let feed = use_realtime_transactions(options);
    connections.follow(feed);
    Effect::new(move |_| {
        if feed.ended.get() || !feed.loaded.get() {
            toasts.set(Toasts::default());
        }
    });
    let removal = Removal::new();
    let card = move |key| erased(view! { <Card key connections connectors all_accounts=feed.accounts removal /> });
    let is_empty = Memo::new(move |_| connections.keys().is_empty());
    let can_connect = connectors.with_value(|all| all.iter().any(|connector| connector.connect_path.is_some()));
    view! {
        {erased(view! { <Header name=viewer.display_name feed elsewhere=("/", "Transactions") /> })}
        <main id="main" class="page page--narrow" class:page--over=move || feed.ended.get()>
            <h1 class="page__title" hidden=move || feed.ended.get()>
                "Connections"
            </h1>
            <Alert error=feed.error />
            {said.map(|(is_good, sentence)| erased(view! { <Said is_good sentence /> }))}
            <div class="connections" hidden=move || feed.ended.get()>
                // Takes the focus when the connection that had it is removed.
                <ul class="connections__list" tabindex="-1" aria-label="Your connections">
                    {keyed(move || connections.keys(), card)}
                </ul>
                <Show when=move || is_empty.get()>
                    <div class="empty">
                        <h2 class="empty__title">"No connections yet"</h2>
                        <p>{how_to_begin(can_connect)}</p>
                    </div>
                </Show>
                {erased(view! { <ConnectBank connectors /> })}
            </div>
        </main>
        {erased(view! { <RemovalDialog removal connections toasts /> })}
        {erased(view! { <Toaster toasts /> })}
    }
}

fn how_to_begin(can_connect: bool) -> &'static str {
    if can_connect {
        "Connect a bank below. Its transactions appear once you have signed in there."
    } else {
        "Your administrator connects accounts for you. They appear here once connected."
    }
}

/// The notice at the end of a sync that the user started.
fn sync_notice(name: &str, new: u64, total: u64) -> (String, String) {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let title = match new {
        0 => format!("{name} is up to date"),
        new => format!("{name}: {} new", number(new)),
    };
    (title, format!("{} in total", count(number(total), "transaction", "transactions")))
}

/// The outcome of a visit to a consent page. Shown once, not again after a reload.
#[component]
fn Said(is_good: bool, sentence: String) -> impl IntoView {
    Effect::new(|_| forget_query());
    let (class, role) = if is_good { ("notice notice--good", "status") } else { ("notice notice--error", "alert") };
    view! {
        <p class=class role=role data-testid="connect-outcome">
            {sentence}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_says_how_many_transactions_it_found() {
        let said = |new, total| sync_notice("Harbour Bank", new, total);
        assert_eq!(said(0, 1), ("Harbour Bank is up to date".to_owned(), "1 transaction in total".to_owned()));
        assert_eq!(said(3, 700), ("Harbour Bank: 3 new".to_owned(), "700 transactions in total".to_owned()));
    }
}
