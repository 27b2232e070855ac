//! The dialog that asks before a connection is removed.
//!
//! Owns the question, whether the transactions are deleted too, and the call. Must not change the list, which is
//! reloaded.

use leptos::html;
use leptos::prelude::*;

use super::call_error::CallError;
use super::state::Connections;
use crate::browser::show_dialog;
use crate::calls::{ConnectionKey, remove};
use crate::clock::now_millis;
use crate::runtime::spawn;
use crate::toasts::Toasts;

/// The dialog, as a handle for buttons.
#[derive(Clone, Copy)]
pub(super) struct Removal {
    /// The connection in question, and its name.
    subject: RwSignal<Option<(ConnectionKey, String)>>,
    purge: RwSignal<bool>,
    error: RwSignal<Option<String>>,
    is_busy: RwSignal<bool>,
    dialog: NodeRef<html::Dialog>,
}

impl Removal {
    pub(super) fn new() -> Self {
        Self {
            subject: RwSignal::new(None),
            purge: RwSignal::new(false),
            error: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            dialog: NodeRef::new(),
        }
    }

    /// Asks whether to remove a connection.
    pub(super) fn ask(self, key: ConnectionKey, name: String) {
        self.subject.set(Some((key, name)));
        self.purge.set(false);
        self.error.set(None);
        if let Some(dialog) = self.dialog.get_untracked() {
            show_dialog(&dialog);
        }
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    fn name(self) -> String {
        self.subject.with(|subject| subject.as_ref().map(|(_, name)| name.clone()).unwrap_or_default())
    }

    fn confirm(self, connections: Connections, toasts: RwSignal<Toasts>) {
        let Some((key, name)) = self.subject.get_untracked().filter(|_| !self.is_busy.get_untracked()) else { return };
        let purge = self.purge.get_untracked();
        self.is_busy.set(true);
        self.error.set(None);
        spawn(async move {
            let removed = remove(&key, purge).await;
            self.is_busy.try_set(false);
            match removed {
                Ok(()) => {
                    self.close();
                    let detail = if purge { "Its transactions are being deleted." } else { "Its transactions stay." };
                    toasts.try_update(|toasts| toasts.notice(format!("{name} was removed"), detail, now_millis()));
                    connections.load();
                }
                Err(refused) => {
                    self.error.try_set(Some(refused));
                }
            }
        });
    }
}

#[component]
pub(super) fn RemovalDialog(removal: Removal, connections: Connections, toasts: RwSignal<Toasts>) -> impl IntoView {
    let Removal { purge, error, is_busy, dialog, .. } = removal;
    let choice = move |deletes: bool, label: &'static str, hint: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="history"
                    prop:checked=move || purge.get() == deletes
                    on:change=move |_| purge.set(deletes)
                />
                <span>
                    <span class="choice__label">{label}</span>
                    <span class="choice__hint">{hint}</span>
                </span>
            </label>
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="removal-title" data-testid="removal">
            <h2 id="removal-title" class="dialog__title">
                "Remove " <bdi>{move || removal.name()}</bdi> "?"
            </h2>
            <p class="muted">"No new transactions will be added. You can connect it again later."</p>
            <fieldset class="choices">
                <legend class="field__label">"Its transactions"</legend>
                {choice(false, "Keep them", "Transactions received so far stay in your list.")}
                {choice(true, "Delete them as well", "You can't undo this here.")}
            </fieldset>
            <CallError error />
            <div class="dialog__actions">
                <button class="button" type="button" on:click=move |_| removal.close()>
                    "Cancel"
                </button>
                <button
                    class="button button--danger"
                    type="button"
                    aria-disabled=move || is_busy.get().then_some("true")
                    on:click=move |_| removal.confirm(connections, toasts)
                >
                    {move || if is_busy.get() { "Removing…" } else { "Remove" }}
                </button>
            </div>
        </dialog>
    }
}
