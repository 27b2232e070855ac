//! The time zone and the present moment, as the components see them.
//!
//! Owns the switch from UTC, which the server renders, to the browser's own time zone. Must not
//! format anything.

use leptos::prelude::*;

/// The current time as a signal, so that views that depend on it are redrawn after hydration.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    now: RwSignal<Option<i64>>,
}

impl Clock {
    /// Provides a clock to the components below; in the browser it starts after hydration.
    pub(crate) fn provide() {
        let now = RwSignal::new(None);
        provide_context(Self { now });
        Effect::new(move |_| {
            let tick = move || now.set(Some(now_millis()));
            tick();
            let handle = set_interval_with_handle(tick, std::time::Duration::from_secs(30));
            on_cleanup(move || {
                if let Ok(handle) = handle {
                    handle.clear();
                }
            });
        });
    }

    /// The clock of this page.
    pub(crate) fn expect() -> Self {
        use_context().unwrap_or_else(|| Self { now: RwSignal::new(None) })
    }

    /// Milliseconds since 1970, to half a minute; `None` on the server and while hydrating.
    pub(crate) fn now(self) -> Option<i64> {
        self.now.get()
    }

    /// Whether local time is shown.
    pub(crate) fn is_local(self) -> Memo<bool> {
        Memo::new(move |_| self.now.with(Option::is_some))
    }
}

/// The browser's offset from UTC in minutes, positive to the east, at a moment (it differs in summer).
#[cfg(target_arch = "wasm32")]
pub(crate) fn local_offset_minutes(millis: i64) -> i32 {
    #[expect(clippy::cast_precision_loss, reason = "a date's milliseconds are far below 2^53")]
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(millis as f64));
    #[expect(clippy::cast_possible_truncation, reason = "an offset is within a day")]
    let minutes_west = date.get_timezone_offset() as i32;
    -minutes_west
}

/// The server knows no time zone but UTC.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn local_offset_minutes(_millis: i64) -> i32 {
    0
}

/// Milliseconds since 1970, in the browser.
#[cfg(target_arch = "wasm32")]
pub(crate) fn now_millis() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a date's milliseconds are far below 2^53")]
    let now = js_sys::Date::now() as i64;
    now
}

/// Only effects read the time, and those do not run on the server.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now_millis() -> i64 {
    0
}
