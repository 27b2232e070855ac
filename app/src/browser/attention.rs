//! Whether somebody reads the page.
//!
//! Owns telling it from what a person does: a page at its top that nobody has touched for a while, with nothing
//! selected in it, is not being read. Must not know what follows from it.

use leptos::ev;
use leptos::prelude::*;

use crate::clock::now_millis;

/// After how long without a touch, in milliseconds.
const IDLE_MS: i64 = 600_000;

/// When the page was touched last.
#[derive(Clone, Copy)]
pub(crate) struct Attention {
    touched_at: StoredValue<i64>,
}

impl Attention {
    /// Pays attention from now on.
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

    /// Whether nobody reads.
    pub(crate) fn is_elsewhere(self) -> bool {
        let idle = now_millis() - self.touched_at.get_value() >= IDLE_MS;
        let is_at_top = window().scroll_y().is_ok_and(|top| top <= 0.0);
        let selection = window().get_selection().ok().flatten();
        idle && is_at_top && selection.is_none_or(|selection| selection.is_collapsed())
    }
}
