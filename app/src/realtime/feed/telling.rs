//! What the person is told.
//!
//! Owns the order: the events after `told` are told one after the other, each as the list has it by then.
//! One that is in the list, but follows on one that has not come, waits in the log. And owns what is told
//! where events will not come at all: two snapshots tell what is new between them. Must not change the list.

use std::sync::Arc;

use wire::Transaction;
use wire::events::SyncStats;

use super::merge::Places;
use super::{Feed, FeedEvent, Outcome, rank_of};
use crate::identity::same;

/// Something to tell the person who looks.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A transaction appeared.
    Added(Arc<Transaction>),
    /// A transaction changed.
    Updated(Arc<Transaction>),
    /// A synchronisation has ended.
    Synced(SyncStats),
}

impl Feed {
    /// Tells what follows on what was told before.
    pub(super) fn tell(&mut self, outcome: &mut Outcome) {
        while let Some(next) = self.told.map(|told| told + 1).filter(|next| *next <= self.seq) {
            let Some(event) = self.log.get(&next) else { return };
            let news = self.news_of(event);
            self.told = Some(next);
            self.pay(news.as_ref());
            outcome.news.extend(news);
        }
    }

    /// Tells what can be told of the events up to the cursor; those that have not come will not.
    pub(super) fn settle(&mut self, outcome: &mut Outcome) {
        let told = self.told.unwrap_or(self.seq);
        let here: Vec<News> = self.log.range(told + 1..).filter_map(|(_, event)| self.news_of(event)).collect();
        here.iter().for_each(|news| self.pay(Some(news)));
        for owed in std::mem::take(&mut self.owed) {
            outcome.news.extend(match owed {
                News::Added(transaction) => self.as_it_is(&transaction).map(News::Added),
                News::Updated(transaction) => self.as_it_is(&transaction).map(News::Updated),
                News::Synced(stats) => Some(News::Synced(stats)),
            });
        }
        outcome.news.extend(here);
        self.told = Some(told.max(self.seq));
    }

    /// A snapshot has jumped over events. They may still come and be told; what they are about is kept
    /// until then.
    pub(super) fn owe(&mut self, before: &Self) {
        if before.loaded && before.told.is_some_and(|told| told <= before.seq) {
            let unknown = self.unknown_to(before);
            self.owed.extend(unknown);
        }
    }

    /// What is told is owed no more. Of a change alone nobody learns that the transaction is new.
    fn pay(&mut self, news: Option<&News>) {
        match news {
            Some(News::Added(told)) => self.owed.retain(|owed| owed.is_of(told).is_none()),
            Some(News::Updated(told)) => self.owed.retain(|owed| owed.is_of(told).is_none_or(|is_new| is_new)),
            Some(News::Synced(_)) | None => {}
        }
    }

    /// What there is to tell of an event that is in.
    fn news_of(&self, event: &FeedEvent) -> Option<News> {
        match event {
            FeedEvent::New(event) => self.as_it_is(&event.transaction).map(News::Added),
            FeedEvent::Updated(event) => self.as_it_is(&event.transaction).map(News::Updated),
            FeedEvent::Sync(event) => Some(News::Synced(event.stats)),
            FeedEvent::Deleted(_) | FeedEvent::Balance(_) | FeedEvent::Connection(_) => None,
        }
    }

    /// A transaction as the list has it now. One that is older than what is loaded is taken as it was
    /// told of; one that should be in the list and is not has been deleted since.
    fn as_it_is(&self, told: &Transaction) -> Option<Arc<Transaction>> {
        if let Some(entry) = self.position(told).and_then(|at| self.entries.get(at)) {
            return Some(Arc::clone(&entry.transaction));
        }
        self.is_beyond(rank_of(told)).then(|| Arc::new(told.clone()))
    }

    /// What stands in the list and did not before, oldest first. What is older than everything that
    /// was loaded may only have moved up, since another one was deleted: it is not news.
    fn unknown_to(&self, before: &Self) -> Vec<News> {
        let known = Places::of(&before.entries);
        let entries = self.entries.iter().filter(|entry| !before.is_beyond(entry.rank));
        let unknown = entries.filter(|entry| known.find(&entry.transaction).is_none());
        let news = unknown.rev().map(|entry| {
            let transaction = Arc::clone(&entry.transaction);
            // A changed one may have been known long before, with another date, unless all were loaded.
            let is_new = entry.transaction.revision == 1 || before.next_cursor.is_none();
            if is_new { News::Added(transaction) } else { News::Updated(transaction) }
        });
        news.collect()
    }
}

impl News {
    /// Whether this tells of the transaction as new; nothing where it is about another one.
    fn is_of(&self, transaction: &Transaction) -> Option<bool> {
        let (other, is_new) = match self {
            Self::Added(other) => (other, true),
            Self::Updated(other) => (other, false),
            Self::Synced(_) => return None,
        };
        same(other, transaction).then_some(is_new)
    }
}
