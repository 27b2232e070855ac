//! Whether the page is live, and how old its data is.
//!
//! Owns the words for each state of the connection and the clock next to them. Must not act on the connection without a
//! click.

use std::time::Duration;

use leptos::prelude::*;

use crate::clock::now_millis;
use crate::format::ago;
use crate::realtime::{ConnectionStatus, UseRealtimeTransactionsReturn};

#[component]
pub(crate) fn ConnectionBadge(feed: UseRealtimeTransactionsReturn) -> impl IntoView {
    let UseRealtimeTransactionsReturn { status, heard_at, ended, reconnect, .. } = feed;
    let now = seconds();
    let detail = Memo::new(move |_| detail(status.get(), heard_at.get(), now.get()));
    view! {
        // Takes the focus when the button in it disappears.
        <div class="badge" tabindex="-1" data-testid="connection-badge" data-status=move || status.get().as_str()>
            <span class="badge__dot" aria-hidden="true"></span>
            // Screen readers announce only the state: announcing the clock every second would be useless.
            <span role="status" aria-live="polite">
                {move || label(status.get(), ended.get())}
            </span>
            " "
            <span class="badge__detail">{detail}</span>
            " "
            <Show when=move || status.get().can_reconnect() && !ended.get()>
                <button class="badge__action" type="button" on:click=move |_| reconnect.run(())>
                    "Reconnect now"
                </button>
            </Show>
        </div>
    }
}

/// The current time, updated each second; `None` on the server and while hydrating.
fn seconds() -> ReadSignal<Option<i64>> {
    let (now, set_now) = signal(None);
    Effect::new(move |_| {
        let tick = move || set_now.set(Some(now_millis()));
        tick();
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    });
    now
}

fn label(status: ConnectionStatus, ended: bool) -> &'static str {
    match status {
        ConnectionStatus::Closed if ended => "Signed out",
        ConnectionStatus::Idle | ConnectionStatus::Connecting => "Connecting…",
        ConnectionStatus::Live => "Live",
        ConnectionStatus::Silent => "Not responding",
        ConnectionStatus::Waiting { .. } => "Connection lost.",
        ConnectionStatus::Offline => "Offline",
        ConnectionStatus::Closed => "Disconnected",
        ConnectionStatus::Refused => "Not connected",
    }
}

fn detail(status: ConnectionStatus, heard_at: Option<i64>, now: Option<i64>) -> String {
    let Some(now) = now else { return String::new() };
    let heard = heard_at.map(|at| ago(now - at));
    let retry = match status {
        ConnectionStatus::Waiting { retry_at_ms, .. } => retry(retry_at_ms, now),
        _ => None,
    };
    let updated = heard.map(|ago| format!("updated {ago}"));
    match status {
        ConnectionStatus::Idle | ConnectionStatus::Closed | ConnectionStatus::Refused => String::new(),
        ConnectionStatus::Live => heard_at.map(|at| format!("· {}", ago(now - at))).unwrap_or_default(),
        ConnectionStatus::Waiting { .. } => [retry, updated].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        _ => updated.map(|updated| format!("· {updated}")).unwrap_or_default(),
    }
}

/// `Retrying in 84 s`. Rounded up, so that it never shows 0. `None` if the time is more than a day away, because then
/// the clock is wrong.
fn retry(at_ms: u64, now: i64) -> Option<String> {
    let left = i64::try_from(at_ms).unwrap_or(i64::MAX).saturating_sub(now);
    match (left + 999) / 1_000 {
        seconds @ 1..=86_400 => Some(format!("Retrying in {seconds} s")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_page_says_how_long_ago_the_server_was_heard() {
        let said = |heard_at, now| detail(ConnectionStatus::Live, heard_at, now);
        assert_eq!(said(Some(10_000), Some(12_100)), "· 2 s ago");
        assert_eq!(said(Some(10_000), Some(9_000)), "· just now");
        assert_eq!((said(None, Some(9_000)), said(Some(9_000), None)), (String::new(), String::new()));
    }

    #[test]
    fn a_waiting_page_shows_how_long_and_how_old_its_data_is() {
        let waiting = ConnectionStatus::Waiting { attempt: 2, retry_at_ms: 12_500 };
        assert_eq!(detail(waiting, None, Some(10_000)), "Retrying in 3 s");
        assert_eq!(detail(waiting, Some(4_000), Some(10_000)), "Retrying in 3 s · updated 6 s ago");
        assert_eq!(detail(waiting, Some(4_000), Some(13_000)), "updated 9 s ago");
        assert_eq!(detail(ConnectionStatus::Silent, Some(1_000), Some(10_000)), "· updated 9 s ago");
    }

    #[test]
    fn a_page_whose_session_has_ended_says_so() {
        assert_eq!(label(ConnectionStatus::Closed, true), "Signed out");
        assert_eq!(label(ConnectionStatus::Closed, false), "Disconnected");
    }
}
