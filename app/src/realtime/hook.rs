//! The hook.
//!
//! Owns what a component receives and the cleanup when it is removed. Must not know feeds or sockets.

use std::sync::Arc;

use leptos::prelude::*;
use wire::Transaction;
use wire::api::{Account, Summary};

use super::listeners::Listener;
use super::options::UseRealtimeTransactionsOptions;
use super::shared_controller::controller_for;
use super::status::{ClientError, ConnectionStatus};

/// What [`use_realtime_transactions`] returns.
#[derive(Clone, Copy)]
pub struct UseRealtimeTransactionsReturn {
    /// The transactions, newest first, each once. They are shared, so that a changed list copies none of them.
    pub transactions: Signal<Vec<Arc<Transaction>>>,
    /// The accounts with their balances.
    pub accounts: Signal<Vec<Account>>,
    /// The totals.
    pub summary: Signal<Summary>,
    /// The latest new transaction; `None` until one arrives.
    pub latest: Signal<Option<Transaction>>,
    /// The state of the connection.
    pub status: Signal<ConnectionStatus>,
    /// When the last message from the server arrived, in milliseconds since 1970. `None` before the first.
    pub heard_at: Signal<Option<i64>>,
    /// The current error; `None` once it is resolved.
    pub error: Signal<Option<ClientError>>,
    /// Why the last older page could not be loaded; `None` once one was.
    pub older_error: Signal<Option<ClientError>>,
    /// Whether the feed has ended and is empty: the session has ended, or another user has signed in. `error` has the
    /// reason.
    pub ended: Signal<bool>,
    /// Whether the list is loaded. False before the first snapshot, and while everything is reloaded because the
    /// server's data was replaced: then the feed is empty, and components have to drop the old data.
    pub loaded: Signal<bool>,
    /// Changes whenever a transaction may have been removed, in the list or older than it: for components that show
    /// data they have fetched themselves.
    pub removals: Signal<u64>,
    /// The number of the newest event that the page contains: for components that show data which no event carries, and
    /// reload it after an event.
    pub seq: Signal<u64>,
    /// Where the next older page begins; `None` at the end.
    pub next_cursor: Signal<Option<String>>,
    /// Whether an older page is being loaded.
    pub loading_older: Signal<bool>,
    /// Loads the next older page.
    pub load_older: Callback<()>,
    /// Shortens a very long list to its newest page, for a list that is not being read. A list is never shortened
    /// otherwise.
    pub shorten: Callback<()>,
    /// Connects now, also after `disconnect`.
    pub reconnect: Callback<()>,
    /// Disconnects until `reconnect` is called.
    pub disconnect: Callback<()>,
}

/// A user's transactions as they happen.
///
/// ```
/// use app::realtime::{UseRealtimeTransactionsOptions, use_realtime_transactions};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Newest() -> impl IntoView {
///     let feed = use_realtime_transactions(UseRealtimeTransactionsOptions::new().limit(5));
///     view! {
///         <ul>
///             {move || feed.transactions.read().iter().map(|t| view! { <li>{t.description.clone()}</li> }).collect_view()}
///         </ul>
///     }
/// }
/// ```
///
/// All components below a [`provide_realtime`](super::provide_realtime) share one connection, which closes with the
/// last of them. After each connect the list converges to the server's state, whatever happened while the page was
/// disconnected. On the server the hook returns the initial snapshot and does nothing.
pub fn use_realtime_transactions(options: UseRealtimeTransactionsOptions) -> UseRealtimeTransactionsReturn {
    let (limit, immediate) = (options.limit, options.immediate);
    let listener =
        Listener { on_new: options.on_new_transaction, on_updated: options.on_updated, on_sync: options.on_sync };
    let controller = controller_for(options);
    let id = controller.listen(listener);
    on_cleanup({
        let controller = controller.clone();
        move || controller.unlisten(id)
    });
    // Effects run in the browser only, after hydration.
    Effect::new({
        let controller = controller.clone();
        move |_| {
            if immediate {
                controller.connect();
            }
        }
    });
    let all: Signal<Vec<Arc<Transaction>>> = RwSignal::from(controller.signals.transactions.clone()).into();
    let transactions = match limit {
        None => all,
        Some(limit) => Memo::new(move |_| all.with(|all| all.iter().take(limit).cloned().collect::<Vec<_>>())).into(),
    };
    let error = RwSignal::from(controller.signals.error.clone());
    UseRealtimeTransactionsReturn {
        transactions,
        accounts: RwSignal::from(controller.signals.accounts.clone()).into(),
        summary: RwSignal::from(controller.signals.summary.clone()).into(),
        latest: RwSignal::from(controller.signals.latest.clone()).into(),
        status: RwSignal::from(controller.signals.status.clone()).into(),
        heard_at: RwSignal::from(controller.signals.heard_at.clone()).into(),
        error: error.into(),
        older_error: RwSignal::from(controller.signals.older_error.clone()).into(),
        ended: Memo::new(move |_| error.with(|error| error.as_ref().is_some_and(ClientError::is_final))).into(),
        loaded: RwSignal::from(controller.signals.loaded.clone()).into(),
        removals: RwSignal::from(controller.signals.removals.clone()).into(),
        seq: RwSignal::from(controller.signals.seq.clone()).into(),
        next_cursor: RwSignal::from(controller.signals.next_cursor.clone()).into(),
        loading_older: RwSignal::from(controller.signals.loading_older.clone()).into(),
        load_older: Callback::new({
            let controller = controller.clone();
            move |()| controller.load_older()
        }),
        shorten: Callback::new({
            let controller = controller.clone();
            move |()| controller.shorten()
        }),
        reconnect: Callback::new({
            let controller = controller.clone();
            move |()| controller.reconnect()
        }),
        disconnect: Callback::new(move |()| controller.disconnect()),
    }
}
