//! Going back in time.
//!
//! Owns the button at the end of the list, what it says of a page that does not come, and where the focus goes
//! when one has. Must not load anything.

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
    let trouble = move || {
        if searching.get() {
            search.failed.get().then(|| "Couldn't search. Showing only transactions already loaded.".to_owned())
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
    // The button moves away under the focus, or goes: what follows are the rows that it brought.
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
            <p class="notice notice--error" role="alert" hidden=move || trouble().is_none()>
                {trouble}
            </p>
            <p class="visually-hidden" role="status">
                {said}
            </p>
            <Show when=move || has_more.get()>
                // Not `disabled`, which would take the focus from it.
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
