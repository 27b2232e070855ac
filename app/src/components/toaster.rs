//! The corner where notices appear.
//!
//! Owns their life on the screen: the clock, the pointer, the keyboard. Must not decide what is
//! worth a notice.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use crate::clock::now_millis;
use crate::toasts::{Toast, Toasts};

const TICK: Duration = Duration::from_millis(250);

#[component]
pub(crate) fn Toaster(toasts: RwSignal<Toasts>) -> impl IntoView {
    run_clock(toasts);
    dismiss_on_escape(toasts);
    let pause = move || toasts.update(|toasts| toasts.pause(now_millis()));
    let resume = move || toasts.update(|toasts| toasts.resume(now_millis()));
    view! {
        <div
            class="toaster"
            data-testid="toaster"
            role="status"
            aria-live="polite"
            aria-relevant="additions text"
            on:pointerenter=move |_| pause()
            on:pointerleave=move |_| resume()
            on:focusin=move |_| pause()
            on:focusout=move |_| resume()
        >
            <For
                each=move || toasts.with(|toasts| toasts.visible().iter().map(|toast| toast.id).collect::<Vec<_>>())
                key=|id| *id
                let:id
            >
                <div class="toast" data-testid="toast">
                    <div class="toast__text">
                        <p class="toast__title">{text(toasts, id, |toast| &toast.title)}</p>
                        <p class="toast__detail">{text(toasts, id, |toast| &toast.detail)}</p>
                    </div>
                    <button
                        class="toast__close"
                        type="button"
                        aria-label="Dismiss"
                        on:click=move |_| {
                            toasts
                                .update(|toasts| {
                                    toasts.dismiss(id);
                                    // The button that had the focus is gone, and no focusout follows.
                                    toasts.resume(now_millis());
                                });
                        }
                    >
                        <span aria-hidden="true">"×"</span>
                    </button>
                </div>
            </For>
        </div>
    }
}

/// A notice stays where it is while its text changes: with the focus in it, and for who has it read out.
fn text(toasts: RwSignal<Toasts>, id: u64, line: fn(&Toast) -> &String) -> Memo<String> {
    Memo::new(move |_| {
        let find =
            |toasts: &Toasts| toasts.visible().iter().find(|toast| toast.id == id).map(|toast| line(toast).clone());
        toasts.with(find).unwrap_or_default()
    })
}

/// Counts down only while there is something to count down for.
fn run_clock(toasts: RwSignal<Toasts>) {
    let busy = Memo::new(move |_| toasts.with(|toasts| !toasts.visible().is_empty()));
    Effect::new(move |_| {
        if !busy.get() {
            return;
        }
        let tick = move || {
            // Writing is what wakes the list; a tick that takes nothing away writes nothing.
            toasts.maybe_update(|toasts| {
                let before = toasts.visible().len();
                toasts.elapse(now_millis());
                toasts.visible().len() != before
            });
        };
        if let Ok(handle) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || handle.clear());
        }
    });
}

fn dismiss_on_escape(toasts: RwSignal<Toasts>) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" {
                toasts.maybe_update(|toasts| {
                    let any = !toasts.visible().is_empty();
                    toasts.dismiss_newest();
                    // It may have had the focus, as above.
                    toasts.resume(now_millis());
                    any
                });
            }
        });
        on_cleanup(move || handle.remove());
    });
}
