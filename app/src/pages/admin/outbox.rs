//! Outgoing transactions, and those that the core app rejected.

use leptos::either::Either;
use leptos::prelude::*;
use wire::admin::{Breaker, DeadLetter, OutboxView, StuckQueue};

use super::parts::{Moment, more};

/// A queue is late after this many seconds.
const LATE: u64 = 60;

/// The state of the outbox, and the rejected calls.
#[component]
pub(super) fn OutboxSections(outbox: OutboxView) -> impl IntoView {
    view! {
        {sending(&outbox)}
        {(!outbox.stuck_queues.is_empty()).then(|| stuck_queues(outbox.stuck_queues.clone()))}
        {dead_letters(outbox)}
    }
}

fn sending(outbox: &OutboxView) -> AnyView {
    let (state, words) = state(outbox);
    let &OutboxView { configured, waiting, dead, lag_seconds, .. } = outbox;
    let figures = [
        ("Waiting", waiting.to_string()),
        ("Longest wait", duration(lag_seconds)),
        ("Permanently rejected", dead.to_string()),
    ];
    let figures = (configured || waiting + dead > 0).then(|| {
        let figure = |(label, figure)| {
            view! {
                <div class="figure">
                    <dt class="figure__label">{label}</dt>
                    <dd class="figure__amount">{figure}</dd>
                </div>
            }
        };
        view! { <dl class="figures">{figures.map(figure).collect_view()}</dl> }
    });
    let is_paused = configured && matches!(state, "away" | "late");
    let try_now = is_paused.then(|| {
        view! {
            <form method="post" action="/api/admin/outbox/replay">
                <input type="hidden" name="waiting" value="true" />
                <button class="button" type="submit">
                    "Try now"
                </button>
            </form>
        }
    });
    view! {
        <section aria-labelledby="core-app-title">
            <h2 id="core-app-title" class="section-title">
                "Core app"
            </h2>
            <div class="panel">
                <div class="panel__head">
                    <p class="panel__state" data-state=state data-testid="outbox-state">
                        {words}
                    </p>
                    {try_now}
                </div>
                {figures}
            </div>
        </section>
    }
    .into_any()
}

/// The state, as a word and as a sentence.
fn state(outbox: &OutboxView) -> (&'static str, &'static str) {
    match outbox {
        OutboxView { configured: false, .. } => ("off", "No core app configured. Transactions stay here."),
        OutboxView { breaker: Breaker::Open, .. } => (
            "away",
            "The core app does not answer, or it refuses the service secret. We keep trying, and nothing is lost.",
        ),
        OutboxView { waiting: 0, dead: 0, .. } => ("good", "Everything has reached the core app."),
        OutboxView { waiting: 0, .. } => ("good", "Everything has reached the core app, except what it rejected."),
        OutboxView { lag_seconds: LATE.., .. } => {
            ("late", "The core app fails for some users. Their transactions wait in order, and we keep trying.")
        }
        _ => ("busy", "Transactions are on their way to the core app."),
    }
}

/// `1 h 3 min`, `12 s`.
fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, _, _) => format!("{days} d {hours} h"),
    }
}

fn stuck_queues(queues: Vec<StuckQueue>) -> AnyView {
    let rows = queues.into_iter().map(stuck_queue).collect_view();
    view! {
        <section aria-labelledby="stuck-title">
            <h2 id="stuck-title" class="section-title">
                "Blocked queues"
            </h2>
            <p class="section-hint">
                "The first transaction keeps failing, so the rest wait. Set it aside to continue."
            </p>
            <ul class="stuck">{rows}</ul>
        </section>
    }
    .into_any()
}

fn stuck_queue(queue: StuckQueue) -> impl IntoView {
    let StuckQueue { user_id, waiting, idempotency_key, attempts, reason } = queue;
    view! {
        <li class="stuck__item" data-testid="stuck-queue">
            <div class="stuck__what">
                <h3 class="stuck__title">"User " <bdi>{user_id.clone()}</bdi></h3>
                <p dir="auto">{reason}</p>
                <p class="stuck__details">
                    <bdi>{idempotency_key.clone()}</bdi>
                    {format!(" · tried {attempts} times · {waiting} waiting")}
                </p>
            </div>
            <form method="post" action="/api/admin/outbox/skip">
                <input type="hidden" name="userId" value=user_id />
                <button class="button" type="submit">
                    "Set aside"
                    <span class="visually-hidden">{format!(": {idempotency_key}")}</span>
                </button>
            </form>
        </li>
    }
}

fn dead_letters(outbox: OutboxView) -> AnyView {
    let OutboxView { configured, dead, dead_letters: letters, .. } = outbox;
    let is_empty = letters.is_empty();
    let all = (configured && !is_empty).then(|| {
        view! {
            <form method="post" action="/api/admin/outbox/replay">
                <input type="hidden" name="all" value="true" />
                <button class="button" type="submit">
                    "Send all again"
                </button>
            </form>
        }
    });
    let hint = match (configured, is_empty) {
        (false, true) => "None. No core app is configured.",
        (false, false) => {
            "These were rejected by a core app that is no longer configured. Set CORE_APP_URL to send them again."
        }
        (true, true) => "None. Calls that the core app permanently rejects stay here until they are sent again.",
        (true, false) => {
            "The core app rejected these permanently. Once it is fixed, send them again: each goes to the end of its user's queue."
        }
    };
    let more = more(dead, letters.len());
    let rows = letters.into_iter().map(|letter| dead_letter(letter, configured)).collect_view();
    view! {
        <section aria-labelledby="dead-title">
            <div class="section-head">
                <h2 id="dead-title" class="section-title">
                    "Permanently rejected"
                </h2>
                {all}
            </div>
            <p class="section-hint">{hint}</p>
            {(!is_empty).then(|| view! { <ul class="stuck">{rows}</ul> })}
            {more}
        </section>
    }
    .into_any()
}

fn dead_letter(letter: DeadLetter, configured: bool) -> impl IntoView {
    let DeadLetter { id, user_id, idempotency_key, died_at, reason } = letter;
    let send = if configured {
        Either::Left(view! {
            <form method="post" action="/api/admin/outbox/replay">
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button" type="submit">
                    "Send again"
                    <span class="visually-hidden">{format!(": {idempotency_key}")}</span>
                </button>
            </form>
        })
    } else {
        Either::Right(())
    };
    view! {
        <li class="stuck__item" data-testid="dead-letter">
            <div class="stuck__what">
                <h3 class="stuck__title" dir="auto">{idempotency_key}</h3>
                <p dir="auto">{reason}</p>
                <p class="stuck__details">"User " <bdi>{user_id}</bdi> " · " <Moment at=died_at /></p>
            </div>
            {send}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        let all = [0, 59, 61, 3600, 3_780, 90_000].map(duration);
        assert_eq!(all, ["0 s", "59 s", "1 min 1 s", "1 h 0 min", "1 h 3 min", "1 d 1 h"]);
    }

    #[test]
    fn each_state_has_its_sentence() {
        let view = |configured, breaker, waiting, lag_seconds| {
            state(&OutboxView { configured, breaker, waiting, lag_seconds, ..OutboxView::default() }).0
        };
        assert_eq!(view(false, Breaker::Closed, 0, 0), "off");
        assert_eq!(view(true, Breaker::Open, 9, 90), "away");
        assert_eq!(view(true, Breaker::Closed, 0, 0), "good");
        assert_eq!(view(true, Breaker::Closed, 9, 59), "busy");
        assert_eq!(view(true, Breaker::Closed, 9, 60), "late");
    }
}
