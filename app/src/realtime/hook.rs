//! The hook.
//!
//! Owns what a component gets and what is cleaned up with it. Must not know feeds or sockets.

use std::sync::Arc;

use leptos::prelude::*;
use wire::Transaction;
use wire::api::{Account, Summary};

use super::options::UseRealtimeTransactionsOptions;
use super::provider::session_for;
use super::session::Listener;
use super::status::{ClientError, ConnectionStatus};

/// What [`use_realtime_transactions`] returns.
#[derive(Clone, Copy)]
pub struct UseRealtimeTransactionsReturn {
    /// The transactions, newest first, each once. They are shared, so that a list that changes is not
    /// copied.
    pub transactions: Signal<Vec<Arc<Transaction>>>,
    /// The accounts with their balances.
    pub accounts: Signal<Vec<Account>>,
    /// The totals.
    pub summary: Signal<Summary>,
    /// The transaction that appeared last; nothing until one does.
    pub latest: Signal<Option<Transaction>>,
    /// Where the connection stands.
    pub status: Signal<ConnectionStatus>,
    /// When the server was last heard, in milliseconds since 1970: so fresh is what is shown. Nothing before the
    /// first time.
    pub heard_at: Signal<Option<i64>>,
    /// What went wrong last; nothing once it is right again.
    pub error: Signal<Option<ClientError>>,
    /// Why the last older page did not come; nothing once one has.
    pub older_error: Signal<Option<ClientError>>,
    /// Whether the feed is over and shows nothing any more: the session has ended, or somebody else has
    /// signed in. `error` tells which.
    pub ended: Signal<bool>,
    /// Changes whenever a transaction may have gone, be it in the list or older than it: for whoever shows
    /// what they have fetched themselves.
    pub removals: Signal<u64>,
    /// Where the next older page begins; nothing at the end.
    pub next_cursor: Signal<Option<String>>,
    /// Whether an older page is on its way.
    pub loading_older: Signal<bool>,
    /// Loads the next older page.
    pub load_older: Callback<()>,
    /// Lets a list that events have made very long begin anew with its newest page: for when nobody reads it.
    /// It never does by itself.
    pub shorten: Callback<()>,
    /// Connects now, also after `disconnect`.
    pub reconnect: Callback<()>,
    /// Disconnects, and stays so until `reconnect`.
    pub disconnect: Callback<()>,
}

/// A person's transactions as they happen.
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
/// All components below a [`provide_realtime`](super::provide_realtime) share one connection, which
/// closes with the last of them. After each connect the list converges to what the server holds,
/// whatever happened while the page was away. On the server the hook returns the initial snapshot
/// and does nothing.
pub fn use_realtime_transactions(options: UseRealtimeTransactionsOptions) -> UseRealtimeTransactionsReturn {
    let (limit, immediate) = (options.limit, options.immediate);
    let listener = Listener {
        on_new: options.on_new_transaction,
        on_updated: options.on_updated,
        on_sync: options.on_sync_complete,
    };
    let session = session_for(options);
    let id = session.listen(listener);
    on_cleanup({
        let session = session.clone();
        move || session.unlisten(id)
    });
    // Effects run in the browser only, after hydration.
    Effect::new({
        let session = session.clone();
        move |_| {
            if immediate {
                session.connect();
            }
        }
    });
    let all: Signal<Vec<Arc<Transaction>>> = RwSignal::from(session.transactions.clone()).into();
    let transactions = match limit {
        None => all,
        Some(limit) => Memo::new(move |_| all.with(|all| all.iter().take(limit).cloned().collect::<Vec<_>>())).into(),
    };
    let error = RwSignal::from(session.error.clone());
    UseRealtimeTransactionsReturn {
        transactions,
        accounts: RwSignal::from(session.accounts.clone()).into(),
        summary: RwSignal::from(session.summary.clone()).into(),
        latest: RwSignal::from(session.latest.clone()).into(),
        status: RwSignal::from(session.status.clone()).into(),
        heard_at: RwSignal::from(session.heard_at.clone()).into(),
        error: error.into(),
        older_error: RwSignal::from(session.older_error.clone()).into(),
        ended: Memo::new(move |_| error.with(|error| error.as_ref().is_some_and(ClientError::is_final))).into(),
        removals: RwSignal::from(session.removals.clone()).into(),
        next_cursor: RwSignal::from(session.next_cursor.clone()).into(),
        loading_older: RwSignal::from(session.loading_older.clone()).into(),
        load_older: Callback::new({
            let session = session.clone();
            move |()| session.load_older()
        }),
        shorten: Callback::new({
            let session = session.clone();
            move |()| session.shorten()
        }),
        reconnect: Callback::new({
            let session = session.clone();
            move |()| session.reconnect()
        }),
        disconnect: Callback::new(move |()| session.disconnect()),
    }
}
