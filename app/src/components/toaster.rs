//! The corner where notices appear.
//!
//! Owns their life on the screen: the clock, the pointer, the keyboard. Must not decide what is
//! worth a notice.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use crate::clock::now_millis;
use crate::toasts::Toasts;

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
                each=move || toasts.with(|toasts| toasts.visible().to_vec())
                key=|toast| (toast.id, toast.title.clone(), toast.detail.clone())
                let:toast
            >
                <div class="toast" data-testid="toast">
                    <div class="toast__text">
                        <p class="toast__title">{toast.title}</p>
                        <p class="toast__detail">{toast.detail}</p>
                    </div>
                    <button
                        class="toast__close"
                        type="button"
                        aria-label="Dismiss"
                        on:click=move |_| {
                            toasts
                                .update(|toasts| {
                                    toasts.dismiss(toast.id);
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
                    any
                });
            }
        });
        on_cleanup(move || handle.remove());
    });
}
