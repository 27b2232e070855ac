//! The buttons of a connection.
//!
//! Owns the action of each button, and the error next to it. Must not decide which buttons are shown.

use leptos::prelude::*;

use super::call_error::CallError;
use super::removal::Removal;
use super::state::Connections;
use crate::browser::leave_for;
use crate::calls::{ConnectionKey, connect, sync};
use crate::runtime::{sleep, spawn};

/// How long after the list the event that ends a run may arrive, in milliseconds.
const GRACE_MS: u32 = 3_000;

#[component]
pub(super) fn Actions(
    key: ConnectionKey,
    connections: Connections,
    connect_path: Option<String>,
    name: Memo<String>,
    can_sync: Memo<bool>,
    wants_reconnecting: Memo<bool>,
    removal: Removal,
) -> impl IntoView {
    let key = StoredValue::new(key);
    let error = RwSignal::new(None::<String>);
    let is_syncing = Memo::new(move |_| key.with_value(|key| connections.is_syncing(key)));
    let sync_now = move |_| {
        if is_syncing.get_untracked() {
            return;
        }
        error.set(None);
        connections.begin_sync(key.get_value());
        spawn(async move {
            let key = key.get_value();
            if let Err(refused) = sync(&key).await {
                connections.end_sync(|syncing| *syncing == key);
                error.try_set(Some(refused));
            }
        });
    };
    end_with_the_run(key, connections, is_syncing);
    let reconnect = connect_path.map(|path| {
        let path = StoredValue::new(path);
        let reconnect = move |_| {
            error.set(None);
            let id = key.with_value(|key| key.connection_id.clone());
            spawn(async move { go_to_bank(path.get_value(), Some(id), error).await });
        };
        view! {
            <Show when=move || wants_reconnecting.get()>
                <button class="button button--primary" type="button" on:click=reconnect>
                    "Reconnect"
                    <Which name />
                </button>
            </Show>
        }
    });
    view! {
        <div class="connection__actions needs-hydration needs-script">
            {reconnect}
            <Show when=move || can_sync.get()>
                <button
                    class="button"
                    type="button"
                    aria-disabled=move || is_syncing.get().then_some("true")
                    on:click=sync_now
                >
                    {move || if is_syncing.get() { "Syncing…" } else { "Sync now" }}
                    <Which name />
                </button>
            </Show>
            <button
                class="button button--quiet"
                type="button"
                on:click=move |_| removal.ask(key.get_value(), name.get_untracked())
            >
                "Remove"
                <Which name />
            </button>
        </div>
        <CallError error />
    }
}

/// The connection that a button belongs to, for users of a screen reader.
#[component]
fn Which(name: Memo<String>) -> impl IntoView {
    view! { <span class="visually-hidden">": " {name}</span> }
}

/// Requests the address of a consent page, and opens it.
pub(super) async fn go_to_bank(path: String, connection_id: Option<String>, error: RwSignal<Option<String>>) {
    match connect(path, connection_id).await {
        Ok(address) => leave_for(&address),
        Err(refused) => {
            error.try_set(Some(refused));
        }
    }
}

/// Ends the sync that a click started. That normally happens on `sync:complete`; otherwise when the list shows that the
/// run has failed or, if the event is missing, that it is complete.
fn end_with_the_run(key: StoredValue<ConnectionKey>, connections: Connections, is_syncing: Memo<bool>) {
    let answer = move || {
        key.try_with_value(|key| connections.end_sync(|syncing| syncing == key));
    };
    let connection = move || key.with_value(|key| connections.get(key));
    let failed_at = Memo::new(move |_| Some(connection()?.last_error?.at));
    let complete_at = Memo::new(move |_| connection()?.last_sync_at);
    Effect::new(move |before: Option<_>| {
        let failed_at = failed_at.get();
        if failed_at.is_some() && before.is_some_and(|before| before != failed_at) {
            answer();
        }
        failed_at
    });
    Effect::new(move |before: Option<_>| {
        let complete_at = complete_at.get();
        if before.is_some_and(|before| before != complete_at) && is_syncing.get_untracked() {
            spawn(async move {
                sleep(GRACE_MS).await;
                answer();
            });
        }
        complete_at
    });
}
