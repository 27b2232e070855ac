//! Fetching what the events did not carry, and older pages.
//!
//! Owns when to ask the server and how long to wait after a failure: one request at a time, however
//! many events ask for it. Must not know sockets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use leptos::prelude::{GetUntracked, Set};
use wire::api::{Snapshot, TransactionQuery};

use super::feed::Merged;
use super::link::{sleep, spawn};
use super::session::Session;
use super::status::ClientError;
use crate::AppError;
use crate::api::{load_snapshot, load_transactions};

/// A server that replays what was missed needs a moment, and a burst of events is one reload.
const PATIENCE_MS: u32 = 250;
const RETRY_MS: u32 = 1_000;
const RETRY_MAX_MS: u32 = 30_000;
/// How many transactions an older page has.
const PAGE: u32 = 50;
const LARGEST_PAGE: usize = 500;

/// Whether a reload is under way.
#[derive(Default)]
pub(super) struct Reload {
    running: AtomicBool,
}

impl Session {
    /// Reloads soon, unless the events have caught up by then.
    pub(super) fn request_reload(self: &Arc<Self>) {
        if self.reload.running.swap(true, Ordering::Relaxed) {
            return;
        }
        // Held weakly across every await: a page that is left is not kept alive by its request.
        let session = Arc::downgrade(self);
        spawn(async move {
            let mut pause = PATIENCE_MS;
            loop {
                sleep(pause).await;
                // From this check to the end there is no await: an event that comes later finds that
                // nothing runs, and asks again.
                if session.upgrade().is_none_or(|session| session.has_caught_up()) {
                    return;
                }
                let loaded = load_snapshot().await;
                let Some(strong) = session.upgrade() else { return };
                pause = match loaded {
                    Ok(snapshot) => {
                        let missing = strong.take(snapshot);
                        drop(strong);
                        if missing > 0 {
                            load_page(&session, u32::try_from(missing.min(LARGEST_PAGE)).unwrap_or(PAGE)).await;
                        }
                        (pause * 2).clamp(PATIENCE_MS, RETRY_MAX_MS)
                    }
                    Err(AppError::Unauthorized) => {
                        strong.reload.running.store(false, Ordering::Relaxed);
                        strong.fail(ClientError::Reload(AppError::Unauthorized));
                        return;
                    }
                    Err(error) => {
                        strong.error.set(Some(ClientError::Reload(error)));
                        (pause * 2).clamp(RETRY_MS, RETRY_MAX_MS)
                    }
                };
            }
        });
    }

    fn has_caught_up(&self) -> bool {
        let done = !self.feed().needs_reload();
        if done {
            self.reload.running.store(false, Ordering::Relaxed);
        }
        done
    }

    /// Takes in a snapshot; tells how many older transactions have to be loaded again.
    fn take(&self, snapshot: Snapshot) -> usize {
        let merged = {
            let mut feed = self.feed();
            let is_other = !feed.user_id().is_empty() && feed.user_id() != snapshot.user_id;
            if is_other { Err(()) } else { Ok(feed.merge(snapshot)) }
        };
        match merged {
            Err(()) => {
                // The next check of the loop finds nothing to do.
                self.feed().give_up();
                self.fail(ClientError::OtherUser);
                0
            }
            Ok(None) => 0,
            Ok(Some(Merged { arrived, dropped })) => {
                self.publish();
                self.error.set(None);
                // Oldest first, as they happened.
                for transaction in arrived.iter().rev() {
                    self.announce_new(transaction);
                }
                dropped
            }
        }
    }

    /// Loads the next older page.
    pub(super) fn load_older(self: &Arc<Self>) {
        if self.loading_older.get_untracked() {
            return;
        }
        self.loading_older.set(true);
        let session = Arc::downgrade(self);
        spawn(async move {
            load_page(&session, PAGE).await;
            if let Some(session) = session.upgrade() {
                session.loading_older.set(false);
            }
        });
    }
}

async fn load_page(session: &Weak<Session>, limit: u32) {
    let cursor = session.upgrade().and_then(|session| session.feed().next_cursor().map(str::to_owned));
    let Some(cursor) = cursor else { return };
    let query = TransactionQuery { before: Some(cursor.clone()), limit: Some(limit), ..TransactionQuery::default() };
    let loaded = load_transactions(query).await;
    let Some(session) = session.upgrade() else { return };
    match loaded {
        Ok(page) => {
            session.feed().append(&cursor, page);
            session.publish();
        }
        Err(error) => session.error.set(Some(ClientError::Reload(error))),
    }
}
