//! How often unlinked transactions are matched wrongly, over histories whose truth is known.
//!
//! Two kinds of error: a purchase that is announced as new twice (its pending row is deleted, and the posted one is
//! new), and a transaction that passes from one purchase to another.
//! `cargo test -p ledger --test histories -- --nocapture` prints the rates.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "a test is no library")]

mod bank;
mod server;

use bank::{Bank, Habits};
use server::{Errors, Server};

/// A person with a card: three purchases a day in forty shops.
const USUAL: Habits =
    Habits { purchases: 3.0, shops: 40, tips: 0.05, shifts: 0.05, texts: 0.05, vanishing: 0.02, refresh: (4, 30) };

/// The same person, but every other purchase changes and holds often vanish.
const UNRULY: Habits = Habits { tips: 0.2, shifts: 0.2, texts: 0.2, vanishing: 0.1, ..USUAL };

/// A customer who makes fifteen purchases a day in five shops, mostly at the same price.
const CROWDED: Habits = Habits { purchases: 15.0, shops: 5, ..USUAL };

const DAYS: u32 = 60;

/// The errors in some histories, the number of purchases, and how many of these changed beyond recognition.
struct Outcome {
    errors: Errors,
    purchases: usize,
    changed: usize,
}

fn histories(habits: &Habits, count: u64) -> Outcome {
    let mut outcome = Outcome { errors: Errors::default(), purchases: 0, changed: 0 };
    for seed in 0..count {
        let mut rng = fastrand::Rng::with_seed(seed);
        let bank = Bank::open(habits, DAYS, &mut rng);
        let mut server = Server::new();
        let (mut hour, mut refresh) = (0, 0);
        while hour < (DAYS + 4) * 24 {
            refresh += 1;
            hour += rng.u32(habits.refresh.0..habits.refresh.1);
            server.run(&bank.list(hour, refresh));
        }
        let (all, these) = (&mut outcome.errors, server.errors());
        all.told_twice += these.told_twice;
        all.merged += these.merged;
        all.untold += these.untold;
        all.stored_twice += these.stored_twice;
        all.incomplete += these.incomplete;
        outcome.purchases += bank.purchases();
        outcome.changed += bank.changed_beyond_recognition();
    }
    outcome
}

impl Outcome {
    fn percent(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.purchases as f64
    }

    fn show(&self, name: &str) {
        println!(
            "{name}, {} purchases: {:.2} % told as new twice, of which {:.2} % changed in more than one thing; \
             {:.2} % passed to another purchase; {:.2} % never told",
            self.purchases,
            self.percent(self.errors.told_twice),
            self.percent(self.changed),
            self.percent(self.errors.merged),
            self.percent(self.errors.untold),
        );
    }
}

impl Outcome {
    /// Asserts bounds, in thousandths of the purchases: for those announced twice though only one thing changed, and
    /// for those matched to others.
    fn assert_at_most(&self, told_twice: usize, merged: usize) {
        let Errors { stored_twice, incomplete, .. } = self.errors;
        assert_eq!((stored_twice, incomplete), (0, 0), "after each run there is what the bank lists, once");
        let thousandths = |count: usize| count * 1000 / self.purchases;
        let recognisable = self.errors.told_twice.saturating_sub(self.changed);
        assert!(thousandths(recognisable) <= told_twice, "{recognisable}");
        assert!(thousandths(self.errors.merged) <= merged, "{}", self.errors.merged);
        assert!(self.errors.untold <= self.errors.merged);
    }
}

#[test]
fn of_a_usual_history_nearly_every_purchase_is_told_once() {
    let outcome = histories(&USUAL, 20);
    outcome.show("usual");
    outcome.assert_at_most(3, 3);
}

#[test]
fn where_much_changes_most_of_what_is_recognisable_is_told_once() {
    let outcome = histories(&UNRULY, 20);
    outcome.show("unruly");
    outcome.assert_at_most(6, 10);
}

#[test]
fn where_nearly_everything_looks_alike_little_is_told_twice() {
    let outcome = histories(&CROWDED, 4);
    outcome.show("crowded");
    outcome.assert_at_most(15, 25);
}
