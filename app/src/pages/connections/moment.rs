//! A moment of a connection, relative to now.

use leptos::prelude::*;

use crate::clock::{Clock, local_offset_minutes};
use crate::moments::{distance, exact};

/// `3 min ago`, with the exact time as its title; without a script the exact time. `absent` is shown where there is none.
#[component]
pub(super) fn Moment(at: Signal<Option<String>>, absent: &'static str) -> impl IntoView {
    let clock = Clock::expect();
    let is_local = clock.is_local();
    let millis = move || at.with(|at| wire::time::unix_millis(at.as_deref()?));
    let title = move || {
        let at = millis()?;
        Some(exact(at, is_local.get().then(|| local_offset_minutes(at))))
    };
    let words = move || match (millis(), clock.now()) {
        (Some(at), Some(now)) => distance(at, now),
        (Some(at), None) => exact(at, None),
        (None, _) => absent.to_owned(),
    };
    view! {
        <time datetime=move || at.get() title=title>
            {words}
        </time>
    }
}
