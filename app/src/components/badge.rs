//! Whether the page is live.
//!
//! Owns the words for each state of the connection and the countdown. Must not act on the connection
//! by itself.

use std::time::Duration;

use leptos::prelude::*;

use crate::clock::now_millis;
use crate::realtime::ConnectionStatus;

#[component]
pub(crate) fn ConnectionBadge(status: Signal<ConnectionStatus>, reconnect: Callback<()>) -> impl IntoView {
    let now = countdown(status);
    view! {
        <div class="badge" data-testid="connection-badge" data-status=move || status.get().as_str()>
            <span class="badge__dot" aria-hidden="true"></span>
            // Only the state is read out; a countdown that is read out every second helps nobody.
            <span role="status" aria-live="polite">
                {move || label(status.get())}
            </span>
            <span class="badge__detail" aria-hidden="true">
                {Signal::derive(move || detail(status.get(), now.get()))}
            </span>
            <Show when=move || status.get().can_reconnect()>
                <button class="badge__action" type="button" on:click=move |_| reconnect.run(())>
                    "Reconnect now"
                </button>
            </Show>
        </div>
    }
}

/// The present moment, each second while somebody waits for it.
fn countdown(status: Signal<ConnectionStatus>) -> ReadSignal<i64> {
    let (now, set_now) = signal(0_i64);
    let waiting = Memo::new(move |_| matches!(status.get(), ConnectionStatus::Waiting { .. }));
    Effect::new(move |_| {
        if !waiting.get() {
            return;
        }
        let tick = move || set_now.set(now_millis());
        tick();
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    });
    now
}

fn label(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Idle => "Not live yet",
        ConnectionStatus::Connecting => "Connecting…",
        ConnectionStatus::Live => "Live",
        ConnectionStatus::Waiting { .. } => "Reconnecting",
        ConnectionStatus::Offline => "Offline",
        ConnectionStatus::Closed => "Disconnected",
        ConnectionStatus::Refused => "Not connected",
    }
}

fn detail(status: ConnectionStatus, now: i64) -> String {
    match status {
        ConnectionStatus::Waiting { attempt, retry_at_ms } => {
            let left = i64::try_from(retry_at_ms).unwrap_or(i64::MAX).saturating_sub(now);
            // Rounded up, so that it never waits at nothing; far beyond a day, the clock is not known yet.
            match (left + 999) / 1_000 {
                seconds @ 1..=86_400 => format!("in {seconds} s – attempt {attempt}"),
                _ => format!("– attempt {attempt}"),
            }
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_who_waits_is_told_how_long() {
        let waiting = ConnectionStatus::Waiting { attempt: 2, retry_at_ms: 12_500 };
        assert_eq!(detail(waiting, 10_000), "in 3 s – attempt 2");
        assert_eq!(detail(waiting, 13_000), "– attempt 2");
        assert_eq!(detail(ConnectionStatus::Live, 0), "");
    }
}
