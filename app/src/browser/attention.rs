//! Whether the page is being read.
//!
//! Owns the rule: a page at its top, without input for a while and without a selection, is not being read. Must not
//! know what follows from that.

use leptos::ev;
use leptos::prelude::*;

use crate::clock::now_millis;

/// How long without input, in milliseconds.
const IDLE_MS: i64 = 600_000;

/// The time of the last input.
#[derive(Clone, Copy)]
pub(crate) struct Attention {
    touched_at: StoredValue<i64>,
}

impl Attention {
    /// Observes the input from now on.
    pub(crate) fn new() -> Self {
        let attention = Self { touched_at: StoredValue::new(now_millis()) };
        Effect::new(move |_| {
            let touched = move || attention.touched_at.set_value(now_millis());
            let handles = [
                window_event_listener(ev::pointermove, move |_| touched()),
                window_event_listener(ev::pointerdown, move |_| touched()),
                window_event_listener(ev::keydown, move |_| touched()),
                window_event_listener(ev::scroll, move |_| touched()),
                window_event_listener(ev::focus, move |_| touched()),
            ];
            on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
        });
        attention
    }

    /// Whether the page is not being read.
    pub(crate) fn is_elsewhere(self) -> bool {
        let idle = now_millis() - self.touched_at.get_value() >= IDLE_MS;
        let is_at_top = window().scroll_y().is_ok_and(|top| top <= 0.0);
        let selection = window().get_selection().ok().flatten();
        idle && is_at_top && selection.is_none_or(|selection| selection.is_collapsed())
    }
}
