//! The button for older transactions.
//!
//! Owns its error message and where the focus goes after loading. Must not load anything.

use leptos::prelude::*;

use super::search::Search;
use crate::browser::ListEnd;
use crate::format::count;
use crate::realtime::{ClientError, UseRealtimeTransactionsReturn};
use crate::search::Filter;

#[component]
pub(crate) fn Older(filter: RwSignal<Filter>, search: Search, feed: UseRealtimeTransactionsReturn) -> impl IntoView {
    let searching = Memo::new(move |_| !filter.with(Filter::is_empty));
    let has_more = Memo::new(move |_| {
        if searching.get() { search.next_cursor.with(Option::is_some) } else { feed.next_cursor.with(Option::is_some) }
    });
    let loading = Memo::new(move |_| if searching.get() { search.loading.get() } else { feed.loading_older.get() });
    let problem = move || {
        if searching.get() {
            search.failed.get().then(|| "Search failed. Showing matches among loaded transactions only.".to_owned())
        } else {
            feed.older_error.with(|error| error.as_ref().map(sentence))
        }
    };
    let (said, say) = signal(String::new());
    let end = ListEnd::of("[data-testid=transaction-row]");
    let load = move |_| {
        if loading.get_untracked() {
            return;
        }
        say.set(String::new());
        end.note();
        if searching.get_untracked() { search.older() } else { feed.load_older.run(()) }
    };
    // The button moves or disappears with the focus in it: the focus goes to the first new row.
    Effect::new(move |was_loading: Option<bool>| {
        let is_loading = loading.get();
        if was_loading == Some(true)
            && !is_loading
            && let Some(new) = end.go_on()
        {
            say.set(format!("{} more loaded.", count(new, "transaction", "transactions")));
        }
        is_loading
    });
    view! {
        <div class="older needs-script">
            <p class="notice notice--error" role="alert" hidden=move || problem().is_none()>
                {problem}
            </p>
            <p class="visually-hidden" role="status">
                {said}
            </p>
            <Show when=move || has_more.get()>
                // Not `disabled`, which would remove the focus.
                <button
                    class="button"
                    type="button"
                    data-testid="load-older"
                    aria-disabled=move || loading.get().to_string()
                    on:click=load
                >
                    {move || if loading.get() { "Loading…" } else { "Show older transactions" }}
                </button>
            </Show>
        </div>
    }
}

fn sentence(error: &ClientError) -> String {
    format!("Couldn't load older transactions. {}", error.message())
}
