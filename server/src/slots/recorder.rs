//! Recording slots in the database.
//!
//! Owns that requests that arrive while a batch is recorded are combined in the next one: a lone sign-in does not wait,
//! and many share a commit. Must not decide who may have a slot: the store does.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use super::error::{Error, unavailable};
use super::registration::{Current, Registration};
use super::slot::Slot;
use crate::store::{self, SlotRequest, Store};

/// How many sign-ins one batch records: each takes a lock, and a database has some thousands of locks in all.
const AT_ONCE: usize = 128;
/// How many users' counts are recorded in the same batch. They need no locks.
const CHANGED_AT_ONCE: usize = 500;
/// How long a returned slot waits for others, so that they are recorded together.
const GATHERED: Duration = Duration::from_millis(100);
/// How often the recorded counts are compared with the slots in use: the database may have failed over and lost its
/// last commits.
const COMPARED_EVERY: Duration = Duration::from_secs(30);
/// The pause after an error.
const PAUSE: Duration = Duration::from_millis(500);

/// A sign-in that is waiting for a slot.
pub(super) struct Request {
    pub(super) user_id: Arc<str>,
    pub(super) answer: oneshot::Sender<Result<Slot, Error>>,
}

pub(super) struct Recorder<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) limit: u32,
    pub(super) current: &'a Current,
}

impl Recorder<'_> {
    /// Records until nobody can request a slot any more.
    pub(super) async fn run(&self, waiting: &mut mpsc::UnboundedReceiver<Request>) {
        let mut compare_at = Instant::now() + COMPARED_EVERY;
        loop {
            let mut requests = Vec::new();
            let current = self.current();
            tokio::select! {
                received = waiting.recv_many(&mut requests, AT_ONCE) => if received == 0 { return },
                () = some_changed(current.as_deref()) => {}
                () = sleep_until(compare_at) => {
                    compare_at = Instant::now() + COMPARED_EVERY;
                    self.compare().await;
                }
            }
            // A registration from before the wait may have lapsed.
            let Some(registration) = self.current() else {
                refuse(requests);
                continue;
            };
            if let Err(error) = self.record(&registration, requests).await {
                tracing::warn!(%error, "slots could not be recorded");
                // Refuses the requests that wait behind a database that does not answer.
                refuse(std::iter::from_fn(|| waiting.try_recv().ok()));
                sleep(PAUSE).await;
            }
        }
    }

    /// Records one batch and answers its requests.
    async fn record(&self, registration: &Arc<Registration>, requests: Vec<Request>) -> store::Result<()> {
        let mut wanted = HashMap::<Arc<str>, Vec<Request>>::new();
        for request in requests {
            wanted.entry(Arc::clone(&request.user_id)).or_default().push(request);
        }
        let changed = registration.counts.take_changed(CHANGED_AT_ONCE);
        let users: HashSet<_> = changed.into_iter().chain(wanted.keys().cloned()).collect();
        let asked = users.into_iter().map(|user_id| {
            let (used, wanted) = (registration.counts.used(&user_id), wanted.get(&user_id).map_or(0, Vec::len));
            SlotRequest { user_id, used, wanted: u32::try_from(wanted).unwrap_or(u32::MAX) }
        });
        let asked: Vec<SlotRequest> = asked.collect();
        if asked.is_empty() {
            return Ok(());
        }
        let recorded = self.store.record_slots(registration.id, asked.clone(), self.limit).await;
        // The error may have come after the commit.
        let again = |user_id| registration.counts.record_again(user_id);
        let recorded = recorded.inspect_err(|_| asked.iter().map(|it| &it.user_id).for_each(again))?;
        for (asked, recorded) in asked.iter().zip(recorded) {
            let mut free = recorded.saturating_sub(asked.used);
            for request in wanted.remove(&asked.user_id).unwrap_or_default() {
                let answer = if free > 0 { Ok(self.count(registration, &asked.user_id)) } else { Err(Error::Full) };
                free = free.saturating_sub(1);
                // If nobody waits for the slot any more, dropping it returns it.
                let _ = request.answer.send(answer);
            }
        }
        Ok(())
    }

    fn count(&self, registration: &Arc<Registration>, user_id: &Arc<str>) -> Slot {
        registration.counts.take(user_id);
        Slot::counted(registration, user_id)
    }

    fn current(&self) -> Option<Arc<Registration>> {
        self.current.lock().clone()
    }

    async fn compare(&self) {
        let Some(registration) = self.current() else { return };
        match self.store.recorded_slots(registration.id).await {
            Ok(recorded) => registration.counts.compare(recorded),
            Err(error) => tracing::warn!(%error, "recorded slots could not be compared"),
        }
    }
}

/// Waits until slots have been returned, and a little longer for more.
async fn some_changed(registration: Option<&Registration>) {
    match registration {
        Some(registration) => registration.counts.has_changed().await,
        None => std::future::pending().await,
    }
    sleep(GATHERED).await;
}

fn refuse(requests: impl IntoIterator<Item = Request>) {
    for request in requests {
        let _ = request.answer.send(Err(unavailable().into()));
    }
}
