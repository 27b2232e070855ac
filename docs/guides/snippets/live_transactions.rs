use app::realtime::{ConnectionStatus, UseRealtimeTransactionsOptions, provide_realtime, use_realtime_transactions};
use leptos::prelude::*;

/// Everything below shares one connection.
#[component]
pub fn Page() -> impl IntoView {
    provide_realtime();
    view! { <LiveTransactions /> }
}

#[component]
pub fn LiveTransactions() -> impl IntoView {
    let newest = RwSignal::new(String::new());
    let feed = use_realtime_transactions(
        UseRealtimeTransactionsOptions::new()
            .limit(50)
            .on_new_transaction(move |transaction| newest.set(transaction.description)),
    );
    let status = move || match feed.status.get() {
        ConnectionStatus::Live => "Live",
        _ => "Connecting",
    };
    view! {
        <p role="status">{status}</p>
        <Show when=move || feed.ended.get()>
            <p>"Your session has ended. "<a href="/sign-in">"Sign in"</a></p>
        </Show>
        <p aria-live="polite">{newest}</p>
        <ul>
            // With the revision, a transaction that has changed is drawn again.
            <For each=move || feed.transactions.get() key=|t| (t.key(), t.revision) let:transaction>
                <li>{transaction.description.clone()} " " {transaction.amount.to_string()}</li>
            </For>
        </ul>
    }
}
