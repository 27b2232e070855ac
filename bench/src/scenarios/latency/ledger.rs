//! The answers and events of each webhook, with their times.
//!
//! Owns the arithmetic from instants to times. Must not send or receive.

use std::time::{Duration, Instant};

use crate::stats::Times;

/// The webhooks of a run and their events.
pub(crate) struct Ledger {
    start: Instant,
    step: Duration,
    listeners: usize,
    webhooks: Vec<Webhook>,
    outstanding: usize,
    twice: usize,
    closed: usize,
}

#[derive(Clone, Copy, Default)]
struct Webhook {
    sent: Option<Duration>,
    answered: Option<Duration>,
    heard: usize,
    first: Duration,
    last: Duration,
}

/// The times of a run, each from the instant at which its webhook was due.
pub(crate) struct Outcome {
    /// Until the first and the last of the user's clients had decoded the event.
    pub(crate) first: Times,
    pub(crate) last: Times,
    pub(crate) answers: Times,
    /// How late the generator itself was.
    pub(crate) lag: Times,
    pub(crate) lost: usize,
    pub(crate) twice: usize,
    pub(crate) closed: usize,
}

/// A slow webhook.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slow {
    pub(crate) due: Instant,
    /// Until the last of the user's clients had the event, or until the answer, whichever was later.
    pub(crate) took: Duration,
    /// How late the generator sent it.
    pub(crate) lag: Duration,
}

impl Ledger {
    /// A ledger of `count` webhooks, one due each `step` from `start`, each received by `listeners` sockets.
    pub(super) fn new(start: Instant, step: Duration, count: usize, listeners: usize) -> Self {
        let webhooks = vec![Webhook::default(); count];
        Self { start, step, listeners, webhooks, outstanding: count * (listeners + 1), twice: 0, closed: 0 }
    }

    /// When a webhook is due.
    pub(super) fn due(&self, index: usize) -> Instant {
        self.start + self.step * u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Whether every answer and event has arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.outstanding == 0
    }

    pub(super) fn answered(&mut self, index: usize, sent: Instant, at: Instant) {
        let due = self.due(index);
        if let Some(webhook) = self.webhooks.get_mut(index) {
            webhook.sent = Some(sent.saturating_duration_since(due));
            webhook.answered = Some(at.saturating_duration_since(due));
            self.outstanding = self.outstanding.saturating_sub(1);
        }
    }

    pub(super) fn heard(&mut self, index: usize, at: Instant) {
        let took = at.saturating_duration_since(self.due(index));
        let Some(webhook) = self.webhooks.get_mut(index) else { return };
        webhook.heard += 1;
        webhook.first = if webhook.heard == 1 { took } else { webhook.first.min(took) };
        webhook.last = webhook.last.max(took);
        self.outstanding = self.outstanding.saturating_sub(1);
    }

    pub(super) fn twice(&mut self) {
        self.twice += 1;
    }

    pub(crate) fn closed(&mut self) {
        self.closed += 1;
    }

    /// The webhooks that took longer than `limit`, in the order in which they were due.
    pub(crate) fn slower_than(&self, limit: Duration) -> Vec<Slow> {
        let slow = self.webhooks.iter().enumerate().map(|(index, webhook)| Slow {
            due: self.due(index),
            took: webhook.last.max(webhook.answered.unwrap_or_default()),
            lag: webhook.sent.unwrap_or_default(),
        });
        slow.filter(|slow| slow.took > limit).collect()
    }

    /// The times of all but the first `warm_up` webhooks; losses count from the first webhook.
    pub(crate) fn close(self, warm_up: usize) -> Outcome {
        let lost = self.webhooks.iter().map(|webhook| self.listeners.saturating_sub(webhook.heard)).sum();
        let measured = self.webhooks.get(warm_up..).unwrap_or_default();
        let heard_by_all = || measured.iter().filter(|webhook| webhook.heard >= self.listeners);
        Outcome {
            first: Times::new(
                measured.iter().filter(|webhook| webhook.heard > 0).map(|webhook| webhook.first).collect(),
            ),
            last: Times::new(heard_by_all().map(|webhook| webhook.last).collect()),
            answers: Times::new(measured.iter().filter_map(|webhook| webhook.answered).collect()),
            lag: Times::new(measured.iter().filter_map(|webhook| webhook.sent).collect()),
            lost,
            twice: self.twice,
            closed: self.closed,
        }
    }
}

impl Outcome {
    /// Prints the small table.
    pub(crate) fn print(&self) {
        self.first.print("event in the user's first client");
        self.last.print("event in the user's last client");
        self.answers.print("webhook answered");
        self.lag.print("of these, the generator's delay");
        println!("  events lost {}, delivered twice {}; sockets closed {}", self.lost, self.twice, self.closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_when_a_webhook_was_due_and_what_is_missing_is_lost() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let mut ledger = Ledger::new(start, ms(5), 2, 2);
        ledger.answered(0, start + ms(1), start + ms(3));
        ledger.heard(0, start + ms(4));
        ledger.heard(0, start + ms(9));
        ledger.answered(1, start + ms(5), start + ms(6));
        ledger.heard(1, start + ms(7));
        assert!(!ledger.is_complete());
        let outcome = ledger.close(0);
        assert_eq!((outcome.lost, outcome.twice), (1, 0));
        assert_eq!((outcome.first.percentile(0.5), outcome.first.percentile(1.0)), (ms(2), ms(4)));
        assert_eq!((outcome.last.len(), outcome.last.percentile(1.0)), (1, ms(9)));
        assert_eq!((outcome.answers.percentile(0.5), outcome.lag.percentile(1.0)), (ms(1), ms(1)));
    }
}
