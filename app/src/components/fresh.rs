//! Which rows have just come or changed.
//!
//! Owns remembering it for as long as a row is highlighted. Must not touch the list.

use leptos::prelude::*;
use wire::Transaction;
use wire::transaction::TransactionKey;

/// A row that is drawn again later, for example because a filter was changed, is not new any more.
/// One that is told of late, since the page was away when it came, may be drawn already.
const HIGHLIGHT_MS: i64 = 4_000;

struct Mark {
    key: TransactionKey,
    revision: u32,
    at: i64,
    class: &'static str,
}

/// The marks of this page.
#[derive(Clone, Copy)]
pub(crate) struct Fresh(RwSignal<Vec<Mark>>);

impl Fresh {
    pub(crate) fn provide() -> Self {
        let fresh = Self(RwSignal::new(Vec::new()));
        provide_context(fresh);
        fresh
    }

    pub(crate) fn added(self, transaction: &Transaction, now: i64) {
        self.mark(transaction, now, "row row--new");
    }

    pub(crate) fn updated(self, transaction: &Transaction, now: i64) {
        self.mark(transaction, now, "row row--updated");
    }

    fn mark(self, transaction: &Transaction, at: i64, class: &'static str) {
        let mark = Mark { key: transaction.key(), revision: transaction.revision, at, class };
        self.0.update(|marks| {
            marks.retain(|mark| at - mark.at < HIGHLIGHT_MS);
            marks.push(mark);
        });
    }

    /// The class of a row now.
    pub(crate) fn class(self, transaction: &Transaction, now: i64) -> &'static str {
        self.0.with(|marks| {
            let mark = marks.iter().find(|mark| {
                mark.revision == transaction.revision && now - mark.at < HIGHLIGHT_MS && mark.key == transaction.key()
            });
            mark.map_or("row", |mark| mark.class)
        })
    }
}
