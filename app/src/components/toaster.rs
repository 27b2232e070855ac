//! The corner where notices appear.
//!
//! Owns how long notices are shown: the clock, the pointer, the keyboard. Must not decide what deserves a notice.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::keyed::{Item, keyed};
use crate::clock::now_millis;
use crate::toasts::{Toast, Toasts};

const TICK: Duration = Duration::from_millis(250);

/// A notice, identified by its id, whatever its text.
#[derive(Clone)]
struct Shown(Toast);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Shown {}

impl Hash for Shown {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl Item for Shown {
    fn is_unchanged(&self, other: &Self) -> bool {
        (&self.0.title, &self.0.detail) == (&other.0.title, &other.0.detail)
    }
}

/// Why the countdown is stopped. Either reason is enough.
#[derive(Clone, Copy, Default)]
struct Held {
    pointer: bool,
    focus: bool,
}

#[component]
pub(crate) fn Toaster(toasts: RwSignal<Toasts>) -> impl IntoView {
    let held = StoredValue::new(Held::default());
    let hold = move |change: fn(&mut Held)| {
        held.update_value(change);
        let Held { pointer, focus } = held.get_value();
        toasts.update(|toasts| toasts.hold(pointer || focus, now_millis()));
    };
    run_clock(toasts);
    // The focused button was removed without a focusout event; with no notice left, there is no pointerleave event
    // either.
    let release = move || {
        let is_empty = toasts.with_untracked(|toasts| toasts.visible().is_empty());
        hold(if is_empty { |held| *held = Held::default() } else { |held| held.focus = false });
    };
    dismiss_on_escape(toasts, release);
    let all = move || toasts.with(|toasts| toasts.visible().iter().cloned().map(Shown).collect());
    let toast = move |Shown(toast): Shown| {
        let Toast { id, title, detail, .. } = toast;
        let dismiss = move |_| {
            toasts.update(|toasts| toasts.dismiss(id));
            release();
        };
        view! {
            <div class="toast" data-testid="toast">
                <div class="toast__text">
                    <p class="toast__title" dir="auto">
                        {title}
                    </p>
                    <p class="toast__detail">{detail}</p>
                </div>
                <button class="toast__close" type="button" aria-label="Dismiss" on:click=dismiss>
                    <span aria-hidden="true">"×"</span>
                </button>
            </div>
        }
    };
    view! {
        <div
            class="toaster"
            data-testid="toaster"
            role="status"
            aria-live="polite"
            aria-relevant="additions text"
            on:pointerenter=move |_| hold(|held| held.pointer = true)
            on:pointerleave=move |_| hold(|held| held.pointer = false)
            on:focusin=move |_| hold(|held| held.focus = true)
            on:focusout=move |_| hold(|held| held.focus = false)
        >
            {keyed(all, toast)}
        </div>
    }
}

/// Counts down only while a notice is visible.
fn run_clock(toasts: RwSignal<Toasts>) {
    let busy = Memo::new(move |_| toasts.with(|toasts| !toasts.visible().is_empty()));
    Effect::new(move |_| {
        if !busy.get() {
            return;
        }
        let tick = move || {
            // A write redraws the list, so a tick that removes nothing writes nothing.
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

fn dismiss_on_escape(toasts: RwSignal<Toasts>, release: impl Fn() + Copy + 'static) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" && toasts.with_untracked(|toasts| !toasts.visible().is_empty()) {
                toasts.update(Toasts::dismiss_newest);
                release();
            }
        });
        on_cleanup(move || handle.remove());
    });
}
