//! Searching on the server, beyond the loaded list.
//!
//! Owns the request and its results. Must not show anything.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Transaction;

use crate::api::load_transactions;
use crate::realtime::UseRealtimeTransactionsReturn;
use crate::search::Filter;
use crate::timeout::with_timeout;

/// About as long as a pause in typing between words.
const PAUSE: Duration = Duration::from_millis(250);

/// The server's results.
#[derive(Clone, Copy)]
pub(crate) struct Search {
    filter: RwSignal<Filter>,
    /// Whether there are transactions to search: the session has not ended, and the list is loaded.
    ready: Signal<bool>,
    pub(crate) found: RwSignal<Vec<Arc<Transaction>>>,
    pub(crate) next_cursor: RwSignal<Option<String>>,
    pub(crate) loading: RwSignal<bool>,
    pub(crate) failed: RwSignal<bool>,
    /// The number of the current query: an answer to an earlier one is dropped.
    question: StoredValue<u64>,
}

impl Search {
    pub(crate) fn new(filter: RwSignal<Filter>, feed: UseRealtimeTransactionsReturn) -> Self {
        let search = Self {
            filter,
            ready: Signal::derive(move || feed.loaded.get() && !feed.ended.get()),
            found: RwSignal::new(Vec::new()),
            next_cursor: RwSignal::new(None),
            loading: RwSignal::new(false),
            failed: RwSignal::new(false),
            question: StoredValue::new(0),
        };
        Effect::new(move |_| {
            filter.track();
            search.ready.track();
            search.ask_soon();
        });
        // The results may include a transaction that was just deleted.
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
        if self.filter.with_untracked(Filter::is_empty) || !self.ready.get_untracked() {
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

    /// Loads the next older page of the results.
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
            let answer = with_timeout(load_transactions(query)).await;
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
