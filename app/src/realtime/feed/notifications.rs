//! The notifications for the listeners.
//!
//! Owns the order: the events after the cursor `notified` are notified one after the other, each with the transaction's
//! current state in the list. An event that is in the list, but follows one that has not arrived, waits in the journal.
//! Also owns the notifications for events that never arrive: the difference between two snapshots. Must not change the
//! list.

use std::sync::Arc;

use wire::Transaction;
use wire::events::SyncComplete;

use super::contents::Contents;
use super::cursor::Cursor;
use super::journal::Journal;
use crate::identity::same;
use crate::realtime::event::FeedEvent;

/// One notification.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A transaction appeared.
    Added(Arc<Transaction>),
    /// A transaction changed.
    Updated(Arc<Transaction>),
    /// A synchronisation has ended.
    Synced(SyncComplete),
}

/// Notifications of events that a snapshot skipped. They are sent unless the events still arrive.
#[derive(Clone, Debug, Default)]
pub(super) struct Skipped(Vec<News>);

impl Skipped {
    /// Notifies of the events that follow the cursor.
    pub(super) fn notify(&mut self, cursor: &mut Cursor, journal: &Journal, contents: &Contents) -> Vec<News> {
        let mut all = Vec::new();
        while let Some(next) = cursor.notified.map(|notified| notified + 1).filter(|next| *next <= cursor.seq) {
            let Some(event) = journal.get(next) else { break };
            let news = news_of(event, contents);
            cursor.notified = Some(next);
            self.settle(news.as_ref());
            all.extend(news);
        }
        all
    }

    /// Notifies of all events up to the cursor; events that have not arrived never will.
    pub(super) fn notify_all(&mut self, cursor: &mut Cursor, journal: &Journal, contents: &Contents) -> Vec<News> {
        let notified = cursor.notified.unwrap_or(cursor.seq);
        let here: Vec<News> = journal.after(notified).filter_map(|event| news_of(event, contents)).collect();
        here.iter().for_each(|news| self.settle(Some(news)));
        let skipped = std::mem::take(&mut self.0).into_iter().filter_map(|news| match news {
            News::Added(transaction) => contents.current(&transaction).map(News::Added),
            News::Updated(transaction) => contents.current(&transaction).map(News::Updated),
            News::Synced(event) => Some(News::Synced(event)),
        });
        let all = skipped.chain(here).collect();
        cursor.notified = Some(notified.max(cursor.seq));
        all
    }

    /// A snapshot has skipped events: adds the transactions that are new in it.
    pub(super) fn add(&mut self, contents: &Contents, before: &Contents) {
        let is_complete = before.list.next_cursor().is_none();
        let news = contents.list.unknown_to(&before.list).into_iter().map(|transaction| {
            // Unless all were loaded, a changed transaction may have been known with another date.
            let is_new = transaction.revision == 1 || is_complete;
            if is_new { News::Added(transaction) } else { News::Updated(transaction) }
        });
        self.0.extend(news);
    }

    /// The listeners were notified: drops the notification. `Updated` does not replace a skipped `Added`.
    fn settle(&mut self, news: Option<&News>) {
        match news {
            Some(News::Added(transaction)) => self.0.retain(|skipped| skipped.is_new(transaction).is_none()),
            Some(News::Updated(transaction)) => {
                self.0.retain(|skipped| skipped.is_new(transaction).is_none_or(|is_new| is_new));
            }
            Some(News::Synced(_)) | None => {}
        }
    }
}

/// The notification for an applied event.
fn news_of(event: &FeedEvent, contents: &Contents) -> Option<News> {
    match event {
        FeedEvent::New(event) => contents.current(&event.transaction).map(News::Added),
        FeedEvent::Updated(event) => contents.current(&event.transaction).map(News::Updated),
        FeedEvent::Sync(event) => Some(News::Synced(event.clone())),
        FeedEvent::Deleted(_) | FeedEvent::Balance(_) | FeedEvent::Connection(_) => None,
    }
}

impl News {
    /// Whether this is an `Added` of the transaction; `None` if it is about another one.
    fn is_new(&self, transaction: &Transaction) -> Option<bool> {
        let (other, is_new) = match self {
            Self::Added(other) => (other, true),
            Self::Updated(other) => (other, false),
            Self::Synced(_) => return None,
        };
        same(other, transaction).then_some(is_new)
    }
}
