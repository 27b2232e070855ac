//! Asking the server for what a filter finds beyond the list that is loaded.
//!
//! Owns the request and its answer. Must not show anything.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Transaction;

use crate::api::load_transactions;
use crate::patience::answered;
use crate::realtime::UseRealtimeTransactionsReturn;
use crate::search::Filter;

/// Typing pauses for about as long between words.
const PAUSE: Duration = Duration::from_millis(250);

/// What the server found.
#[derive(Clone, Copy)]
pub(crate) struct Search {
    filter: RwSignal<Filter>,
    /// Whether there is nobody to ask for any more.
    ended: Signal<bool>,
    pub(crate) found: RwSignal<Vec<Arc<Transaction>>>,
    pub(crate) next_cursor: RwSignal<Option<String>>,
    pub(crate) loading: RwSignal<bool>,
    pub(crate) failed: RwSignal<bool>,
    /// An answer to a question that has changed since is not an answer.
    question: StoredValue<u64>,
}

impl Search {
    pub(crate) fn new(filter: RwSignal<Filter>, feed: UseRealtimeTransactionsReturn) -> Self {
        let search = Self {
            filter,
            ended: feed.ended,
            found: RwSignal::new(Vec::new()),
            next_cursor: RwSignal::new(None),
            loading: RwSignal::new(false),
            failed: RwSignal::new(false),
            question: StoredValue::new(0),
        };
        Effect::new(move |_| {
            filter.track();
            feed.ended.track();
            search.ask_soon();
        });
        // What was found may be what has just been deleted.
        Effect::new(move |before: Option<u64>| {
            let now = feed.removals.get();
            if before.is_some_and(|before| now != before) {
                search.ask_soon();
            }
            now
        });
        search
    }

    fn ask_soon(self) {
        self.question.update_value(|question| *question += 1);
        if self.filter.with_untracked(Filter::is_empty) || self.ended.get_untracked() {
            self.found.set(Vec::new());
            self.next_cursor.set(None);
            self.loading.set(false);
            self.failed.set(false);
            return;
        }
        self.loading.set(true);
        let question = self.question.get_value();
        set_timeout(
            move || {
                if self.question.try_get_value() == Some(question) {
                    self.ask(None);
                }
            },
            PAUSE,
        );
    }

    /// Asks for the next older page of what was found.
    pub(crate) fn older(self) {
        if let Some(cursor) = self.next_cursor.get_untracked() {
            self.loading.set(true);
            self.ask(Some(cursor));
        }
    }

    fn ask(self, before: Option<String>) {
        let question = self.question.get_value();
        let is_more = before.is_some();
        let query = self.filter.with_untracked(|filter| filter.query(before));
        spawn_local(async move {
            let answer = answered(load_transactions(query)).await;
            if self.question.try_get_value() != Some(question) {
                return;
            }
            self.loading.set(false);
            self.failed.set(answer.is_err());
            let Ok(page) = answer else { return };
            self.next_cursor.set(page.next_cursor);
            self.found.update(|found| {
                if !is_more {
                    found.clear();
                }
                found.extend(page.transactions.into_iter().map(Arc::new));
            });
        });
    }
}
