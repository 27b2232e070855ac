//! The queue of short notices.
//!
//! Owns which notices are visible, for how long, and folding simultaneous transactions into one notice. Must not know
//! the clock or how a notice is displayed: the time is passed in.

use wire::{Amount, Currency, Transaction};

use crate::format::{count, signed_money, title};

/// How many notices are on the screen at once.
pub const MAX_VISIBLE: usize = 3;
/// How long a notice stays.
pub const LIFETIME_MS: i64 = 6_000;
/// Transactions that follow each other within this time share a notice.
pub const FOLD_WINDOW_MS: i64 = 2_000;

/// One notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Unique among the notices.
    pub id: u64,
    /// The first line.
    pub title: String,
    /// The second line.
    pub detail: String,
    transactions: usize,
    totals: Vec<(Currency, Amount)>,
    changed_at: i64,
    remaining: i64,
}

/// All notices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toasts {
    next_id: u64,
    visible: Vec<Toast>,
    /// Since when the notices have been counting down; `None` while paused.
    running_since: Option<i64>,
    paused: bool,
}

impl Toasts {
    /// The notices, oldest first.
    pub fn visible(&self) -> &[Toast] {
        &self.visible
    }

    /// A transaction has appeared.
    pub fn transaction(&mut self, transaction: &Transaction, now: i64) {
        self.elapse(now);
        let (currency, amount) = (transaction.currency, transaction.amount);
        let folds =
            self.visible.last().is_some_and(|last| last.transactions > 0 && now - last.changed_at <= FOLD_WINDOW_MS);
        if let Some(last) = self.visible.last_mut().filter(|_| folds) {
            last.transactions += 1;
            match last.totals.iter_mut().find(|(other, _)| *other == currency) {
                Some((_, total)) => *total = *total + amount,
                None => last.totals.push((currency, amount)),
            }
            let totals: Vec<String> =
                last.totals.iter().map(|(currency, total)| signed_money(*total, *currency)).collect();
            last.title = count(last.transactions, "new transaction", "new transactions");
            last.detail = totals.join(", ");
            last.changed_at = now;
            last.remaining = LIFETIME_MS;
            return;
        }
        self.push(Toast {
            id: 0,
            title: title(transaction).to_owned(),
            detail: signed_money(amount, currency),
            transactions: 1,
            totals: vec![(currency, amount)],
            changed_at: now,
            remaining: LIFETIME_MS,
        });
    }

    /// Another message.
    pub fn notice(&mut self, title: impl Into<String>, detail: impl Into<String>, now: i64) {
        self.elapse(now);
        self.push(Toast {
            id: 0,
            title: title.into(),
            detail: detail.into(),
            transactions: 0,
            totals: Vec::new(),
            changed_at: now,
            remaining: LIFETIME_MS,
        });
    }

    fn push(&mut self, mut toast: Toast) {
        self.next_id += 1;
        toast.id = self.next_id;
        self.visible.push(toast);
        if self.visible.len() > MAX_VISIBLE {
            self.visible.remove(0);
        }
    }

    /// Removes one.
    pub fn dismiss(&mut self, id: u64) {
        self.visible.retain(|toast| toast.id != id);
    }

    /// Removes the newest.
    pub fn dismiss_newest(&mut self) {
        self.visible.pop();
    }

    /// Stops the countdown while the pointer or the focus is in a notice, or continues it.
    pub fn hold(&mut self, is_held: bool, now: i64) {
        self.elapse(now);
        self.paused = is_held;
    }

    /// Lets time pass, and removes expired notices.
    pub fn elapse(&mut self, now: i64) {
        let passed = self.running_since.map_or(0, |since| (now - since).max(0));
        self.running_since = Some(now);
        if self.paused {
            return;
        }
        for toast in &mut self.visible {
            toast.remaining -= passed;
        }
        self.visible.retain(|toast| toast.remaining > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples::transaction;

    fn at_once(amounts: &[&str]) -> Toasts {
        let mut toasts = Toasts::default();
        for amount in amounts {
            toasts.transaction(&transaction(amount, "2026-11-22T10:00:00Z", amount), 1_000);
        }
        toasts
    }

    #[test]
    fn one_transaction_is_named() {
        let toasts = at_once(&["-4.50"]);
        assert_eq!(toasts.visible()[0].detail, "\u{2212}A$4.50");
    }

    #[test]
    fn several_at_once_are_one_notice_with_their_sum() {
        let toasts = at_once(&["-100", "-20", "-3.40", "0"]);
        let [toast] = toasts.visible() else { panic!("{toasts:?}") };
        assert_eq!((toast.title.as_str(), toast.detail.as_str()), ("4 new transactions", "\u{2212}A$123.40"));
    }

    #[test]
    fn currencies_are_not_summed() {
        let mut toasts = at_once(&["-100"]);
        let mut dollars = transaction("us", "2026-11-22T10:00:00Z", "5");
        dollars.currency = Currency::USD;
        toasts.transaction(&dollars, 1_100);
        assert_eq!(toasts.visible()[0].detail, "\u{2212}A$100.00, +US$5.00");
    }

    #[test]
    fn a_later_transaction_is_a_separate_notice() {
        let mut toasts = at_once(&["1"]);
        toasts.transaction(&transaction("later", "2026-11-22T10:00:00Z", "1"), 1_000 + FOLD_WINDOW_MS + 1);
        assert_eq!(toasts.visible().len(), 2);
    }

    #[test]
    fn the_oldest_notice_is_removed_when_there_are_too_many() {
        let mut toasts = Toasts::default();
        for _ in 0..5 {
            toasts.notice("Up to date", "", 0);
        }
        assert_eq!(toasts.visible().iter().map(|toast| toast.id).collect::<Vec<_>>(), [3, 4, 5]);
    }

    #[test]
    fn a_notice_expires() {
        let mut toasts = at_once(&["1"]);
        toasts.elapse(1_000 + LIFETIME_MS - 1);
        assert_eq!(toasts.visible().len(), 1);
        toasts.elapse(1_000 + LIFETIME_MS);
        assert!(toasts.visible().is_empty());
    }

    #[test]
    fn a_notice_that_is_read_stays() {
        let mut toasts = at_once(&["1"]);
        toasts.hold(true, 2_000);
        toasts.elapse(100_000);
        assert_eq!(toasts.visible().len(), 1);
        toasts.hold(false, 100_000);
        toasts.elapse(100_000 + LIFETIME_MS - 1_000);
        assert!(toasts.visible().is_empty());
    }

    #[test]
    fn escape_removes_the_newest() {
        let mut toasts = at_once(&["1"]);
        toasts.notice("Synchronised", "2 new", 1_000);
        toasts.dismiss_newest();
        assert_eq!(toasts.visible().len(), 1);
    }
}
