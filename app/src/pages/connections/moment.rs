//! A moment of a connection, relative to now.

use leptos::prelude::*;

use crate::clock::{Clock, local_offset_minutes};
use crate::moments::{exact, since};

/// `3 min ago`, with the exact time as its title; without a script the exact time. `absent` is shown where there is none,
/// and `words` tells a time from `now`, both in milliseconds since 1970.
#[component]
pub(super) fn Moment(
    at: Signal<Option<String>>,
    absent: &'static str,
    #[prop(default = since)] words: fn(i64, i64) -> String,
) -> impl IntoView {
    let clock = Clock::expect();
    let is_local = clock.is_local();
    let millis = move || at.with(|at| wire::time::unix_millis(at.as_deref()?));
    let title = move || {
        let at = millis()?;
        Some(exact(at, is_local.get().then(|| local_offset_minutes(at))))
    };
    let shown = move || match (millis(), clock.now()) {
        (Some(at), Some(now)) => words(at, now),
        (Some(at), None) => exact(at, None),
        (None, _) => absent.to_owned(),
    };
    view! {
        <time datetime=move || at.get() title=title>
            {shown}
        </time>
    }
}
