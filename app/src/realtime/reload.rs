//! Fetching what the events did not carry, and older pages.
//!
//! Owns when to ask the server and how long to wait after a failure: one request at a time, however
//! many events ask for it, and none while the events are coming by themselves. The same request tells
//! whether a session still holds. Must not know sockets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use leptos::prelude::{GetUntracked, Set};
use wire::api::{Snapshot, TransactionQuery};

use super::feed::{Merged, Need};
use super::link::{sleep, spawn};
use super::session::{Session, lock};
use super::status::ClientError;
use super::troubles::Part;
use crate::AppError;
use crate::api::{load_snapshot, load_transactions};
use crate::patience::answered;

/// A burst of events is one reload.
const PATIENCE_MS: u32 = 250;
/// Events that the server was asked for are on their way for no longer than this.
const REPLAY_MS: u32 = 1_000;
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

/// A snapshot that does not reach as far back as the list.
struct Short {
    snapshot: Snapshot,
    lacking: usize,
}

/// How far the events have come since the last look.
enum Progress {
    /// Nothing is missing.
    Done,
    /// What was missed is coming.
    Moving,
    /// Something is missing that does not come by itself, or it is not known whether the session holds.
    Stuck,
}

impl Session {
    /// Reloads soon, unless the events have caught up by then.
    pub(super) fn request_reload(self: &Arc<Self>) {
        if self.reload.running.swap(true, Ordering::Relaxed) {
            return;
        }
        // Held weakly across every await: a page that is left is not kept alive by its request.
        let session = Arc::downgrade(self);
        let (mut cursor, mut pause) = {
            let feed = self.feed();
            let pause = match feed.need() {
                Need::Nothing => lock(&self.admission).patience(),
                Need::Events => REPLAY_MS,
                // A page that shows nothing yet does not wait.
                _ if !feed.is_loaded() => 0,
                _ => PATIENCE_MS,
            };
            (feed.seq(), pause)
        };
        spawn(async move {
            loop {
                sleep(pause).await;
                // From this check to the end there is no await: an event that comes later finds that
                // nothing runs, and asks again.
                match session.upgrade().map(|session| session.progress(&mut cursor)) {
                    None | Some(Progress::Done) => return,
                    Some(Progress::Moving) => continue,
                    Some(Progress::Stuck) => {}
                }
                let loaded = load_as_far(&session).await;
                let Some(strong) = session.upgrade() else { return };
                if loaded.is_err() {
                    strong.feed().keep_long();
                }
                pause = match loaded {
                    Ok(()) => (pause * 2).clamp(PATIENCE_MS, RETRY_MAX_MS),
                    Err(AppError::Unauthorized) if lock(&strong.admission).denied() => {
                        strong.reload.running.store(false, Ordering::Relaxed);
                        strong.give_up(ClientError::SessionEnded);
                        return;
                    }
                    Err(AppError::Unauthorized) => RETRY_MS,
                    Err(error) => {
                        strong.trouble(Part::Reload, ClientError::Reload(error));
                        (pause * 2).clamp(RETRY_MS, RETRY_MAX_MS)
                    }
                };
            }
        });
    }

    fn progress(&self, cursor: &mut u64) -> Progress {
        let (need, seq) = {
            let feed = self.feed();
            (feed.need(), feed.seq())
        };
        let before = std::mem::replace(cursor, seq);
        match need {
            Need::Nothing if lock(&self.admission).is_doubtful() => Progress::Stuck,
            Need::Nothing => {
                // Be it that events have brought it.
                self.mended(Part::Reload);
                self.reload.running.store(false, Ordering::Relaxed);
                Progress::Done
            }
            Need::Events if before < seq => Progress::Moving,
            Need::Events | Need::Snapshot => Progress::Stuck,
        }
    }

    /// Takes in a snapshot, unless it is too short.
    fn take(&self, snapshot: Snapshot) -> Result<(), Box<Short>> {
        if !self.is_for(&snapshot.user_id) {
            // The next check of the loop finds nothing to do.
            self.give_up(ClientError::OtherUser);
            return Ok(());
        }
        lock(&self.admission).confirmed();
        let merged = {
            let mut feed = self.feed();
            match feed.lacking(&snapshot) {
                0 => feed.merge(snapshot),
                lacking => return Err(Box::new(Short { snapshot, lacking })),
            }
        };
        if let Some(Merged { news }) = merged {
            self.mended(Part::Reload);
            self.show(news);
        }
        Ok(())
    }

    /// Loads the next older page.
    pub(super) fn load_older(self: &Arc<Self>) {
        if self.loading_older.get_untracked() {
            return;
        }
        self.loading_older.set(true);
        let session = Arc::downgrade(self);
        spawn(async move {
            load_page(&session).await;
            if let Some(session) = session.upgrade() {
                session.loading_older.set(false);
            }
        });
    }
}

/// Loads a snapshot, and pages behind it until it reaches as far back as the list: what somebody reads does not
/// go away while it is loaded again.
async fn load_as_far(session: &Weak<Session>) -> Result<(), AppError> {
    let mut snapshot = answered(load_snapshot()).await?;
    loop {
        let Some(taken) = session.upgrade().map(|session| session.take(snapshot)) else { return Ok(()) };
        let Err(short) = taken else { return Ok(()) };
        let lacking;
        Short { snapshot, lacking } = *short;
        let limit = u32::try_from(lacking.min(LARGEST_PAGE)).unwrap_or(PAGE);
        let page = answered(load_transactions(page_of(snapshot.next_cursor.clone(), limit))).await?;
        // A page of nothing leads nowhere, whatever it says follows.
        snapshot.next_cursor = page.next_cursor.filter(|_| !page.transactions.is_empty());
        snapshot.transactions.extend(page.transactions);
    }
}

fn page_of(before: Option<String>, limit: u32) -> TransactionQuery {
    TransactionQuery { before, limit: Some(limit), ..TransactionQuery::default() }
}

async fn load_page(session: &Weak<Session>) {
    let Some(older) = session.upgrade().and_then(|session| session.feed().older()) else { return };
    let loaded = answered(load_transactions(page_of(Some(older.cursor.clone()), PAGE))).await;
    let Some(session) = session.upgrade() else { return };
    match loaded {
        Ok(page) => {
            session.mended(Part::Older);
            session.feed().append(&older, page);
            session.show(Vec::new());
            // It may tell of what the events have not told yet.
            session.catch_up();
        }
        Err(error) => {
            if error == AppError::Unauthorized {
                // One word is not believed: the session is asked about.
                lock(&session.admission).denied();
                session.request_reload();
            }
            session.trouble(Part::Older, ClientError::Reload(error));
        }
    }
}
