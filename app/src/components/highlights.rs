//! The highlights of new and changed rows.
//!
//! Owns how long a row is highlighted. Must not touch the list.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Transaction;
use wire::transaction::TransactionKey;

use crate::identity::names;

/// How long a row is highlighted. A row that is redrawn later, for example after a filter, is not highlighted again. A
/// row may have been drawn before its notification arrives.
const HIGHLIGHT_MS: i64 = 4_000;

struct Mark {
    key: TransactionKey,
    revision: u32,
    at: i64,
    class: &'static str,
}

#[derive(Default)]
struct Marks {
    /// By the provider's id, which is nearly always unique.
    by_id: HashMap<String, Vec<Mark>>,
    /// When expired marks were last removed.
    cleaned_at: i64,
}

impl Marks {
    fn put(&mut self, transaction: &Transaction, at: i64, class: &'static str) {
        if at - self.cleaned_at >= HIGHLIGHT_MS {
            self.cleaned_at = at;
            self.by_id.retain(|_, marks| {
                marks.retain(|mark| at - mark.at < HIGHLIGHT_MS);
                !marks.is_empty()
            });
        }
        let marks = self.by_id.entry(transaction.transaction_id.clone()).or_default();
        marks.retain(|mark| !names(&mark.key, transaction));
        marks.push(Mark { key: transaction.key(), revision: transaction.revision, at, class });
    }

    fn class(&self, transaction: &Transaction, now: i64) -> &'static str {
        let marks = self.by_id.get(&transaction.transaction_id);
        let mark = marks.into_iter().flatten().find(|mark| {
            mark.revision == transaction.revision && now - mark.at < HIGHLIGHT_MS && names(&mark.key, transaction)
        });
        mark.map_or("row", |mark| mark.class)
    }
}

/// The marks of this page.
#[derive(Clone, Copy)]
pub(crate) struct Highlights {
    marks: RwSignal<Marks>,
    /// Whether a notification of the rows is scheduled.
    notifying: StoredValue<bool>,
}

impl Highlights {
    pub(crate) fn provide() -> Self {
        let highlights = Self { marks: RwSignal::new(Marks::default()), notifying: StoredValue::new(false) };
        provide_context(highlights);
        highlights
    }

    pub(crate) fn added(self, transaction: &Transaction, now: i64) {
        self.mark(transaction, now, "row row--new");
    }

    pub(crate) fn updated(self, transaction: &Transaction, now: i64) {
        self.mark(transaction, now, "row row--updated");
    }

    /// Marks a row. Each row checks whether it is marked; any number of marks causes one notification.
    fn mark(self, transaction: &Transaction, at: i64, class: &'static str) {
        self.marks.update_untracked(|marks| marks.put(transaction, at, class));
        if self.notifying.try_update_value(|notifying| std::mem::replace(notifying, true)) == Some(false) {
            spawn_local(async move {
                self.notifying.try_update_value(|notifying| *notifying = false);
                self.marks.notify();
            });
        }
    }

    /// The current class of a row.
    pub(crate) fn class(self, transaction: &Transaction, now: i64) -> &'static str {
        self.marks.with(|marks| marks.class(transaction, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples::transaction;

    #[test]
    fn a_mark_highlights_one_revision_of_one_transaction_for_a_while() {
        let mut marks = Marks::default();
        let one = transaction("1", "2026-11-22T10:00:00Z", "1");
        marks.put(&one, 1_000, "new");
        assert_eq!(marks.class(&one, 4_999), "new");
        assert_eq!(marks.class(&one, 5_000), "row");
        assert_eq!(marks.class(&Transaction { revision: 2, ..one.clone() }, 1_000), "row");
        assert_eq!(marks.class(&Transaction { account_id: "other".to_owned(), ..one.clone() }, 1_000), "row");
        marks.put(&Transaction { revision: 2, ..one.clone() }, 2_000, "changed");
        assert_eq!(marks.class(&Transaction { revision: 2, ..one }, 2_000), "changed");
    }

    #[test]
    fn expired_marks_are_removed() {
        let mut marks = Marks::default();
        for at in 0..100 {
            marks.put(&transaction(&at.to_string(), "2026-11-22T10:00:00Z", "1"), at * 1_000, "new");
        }
        assert!(marks.by_id.len() <= 8, "{}", marks.by_id.len());
    }
}
