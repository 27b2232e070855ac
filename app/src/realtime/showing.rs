//! What the feed holds, on the signals; what there is to tell, to the listeners.
//!
//! Owns that a burst of events is shown together: each of them alone would draw the whole page anew. Calls
//! no listener while a lock is held. Must not decide what is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use leptos::prelude::*;

use super::feed::News;
use super::link::{sleep, spawn};
use super::session::{Listener, Session, lock};
use crate::clock::now_millis;

const FRAME_MS: u32 = 16;
const LONGEST_MS: u32 = 400;

/// What has come and is not on the page yet.
#[derive(Default)]
pub(super) struct Showing {
    waiting: Mutex<Waiting>,
    /// Whether what waits will be shown without anybody asking.
    scheduled: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    news: Vec<News>,
    /// Whether the signals are behind the feed.
    changed: bool,
}

impl Showing {
    /// Whether listeners are still to be told of something.
    pub(super) fn owes_news(&self) -> bool {
        !lock(&self.waiting).news.is_empty()
    }

    /// What has come concerns nobody any more.
    pub(super) fn forget(&self) {
        *lock(&self.waiting) = Waiting::default();
    }

    fn add(&self, changed: bool, news: Vec<News>) {
        let mut waiting = lock(&self.waiting);
        waiting.changed |= changed;
        waiting.news.extend(news);
    }
}

impl Session {
    /// Shows what the feed holds, and tells the news: at once if nothing was shown just before, else
    /// together with what comes meanwhile.
    pub(super) fn show_soon(self: &Arc<Self>, changed: bool, news: Vec<News>) {
        self.showing.add(changed, news);
        if self.showing.scheduled.load(Ordering::Relaxed) || !self.show_waiting() {
            return;
        }
        self.showing.scheduled.store(true, Ordering::Relaxed);
        let session = Arc::downgrade(self);
        spawn(async move {
            loop {
                let started = now_millis();
                // What follows from the signals is drawn before the next timer fires.
                sleep(0).await;
                sleep(pause_after(now_millis() - started)).await;
                let Some(session) = session.upgrade() else { return };
                if !session.show_waiting() {
                    session.showing.scheduled.store(false, Ordering::Relaxed);
                    return;
                }
            }
        });
    }

    /// Shows what the feed holds now, and tells what waits and this.
    pub(super) fn show(&self, news: Vec<News>) {
        self.showing.add(true, news);
        self.show_waiting();
    }

    /// Whether there was anything.
    fn show_waiting(&self) -> bool {
        let Waiting { news, changed } = std::mem::take(&mut *lock(&self.showing.waiting));
        if changed {
            self.publish();
        }
        let any = changed || !news.is_empty();
        if any {
            self.announce(news);
        }
        any
    }

    /// Puts what the feed holds on the signals.
    pub(super) fn publish(&self) {
        let (transactions, accounts, summary, next_cursor, removals) = {
            let feed = self.feed();
            let cursor = feed.next_cursor().map(str::to_owned);
            (feed.transactions(), feed.accounts().to_vec(), feed.summary().clone(), cursor, feed.removals())
        };
        self.transactions.set(transactions);
        set_if_changed(&self.accounts, accounts);
        set_if_changed(&self.summary, summary);
        set_if_changed(&self.next_cursor, next_cursor);
        set_if_changed(&self.removals, removals);
    }

    /// Tells the listeners, and remembers that they were told.
    fn announce(&self, news: Vec<News>) {
        for news in news {
            match news {
                News::Added(transaction) => {
                    self.latest.set(Some((*transaction).clone()));
                    self.call(|listener| listener.on_new, &*transaction);
                }
                News::Updated(transaction) => self.call(|listener| listener.on_updated, &*transaction),
                News::Synced(stats) => self.call(|listener| listener.on_sync, &stats),
            }
        }
        self.remember();
    }

    fn call<T: Clone + 'static>(&self, pick: impl Fn(&Listener) -> Option<Callback<T>>, news: &T) {
        // Taken out first: a listener may come or go while one is called.
        for callback in self.callbacks(pick) {
            callback.try_run(news.clone());
        }
    }
}

pub(super) fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// How long to wait after something was shown, which took so long: showing takes a third of the time at
/// most, or events would come in more slowly the more there is to show.
fn pause_after(took_ms: i64) -> u32 {
    u32::try_from(took_ms.saturating_mul(2)).unwrap_or_default().clamp(FRAME_MS, LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_slow_to_draw_is_drawn_more_seldom() {
        assert_eq!([0, 8, 50, 10_000].map(pause_after), [16, 16, 100, 400]);
        assert_eq!(pause_after(-3_600_000), 16, "the clock was set back");
    }
}
