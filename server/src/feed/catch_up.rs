//! Catch-up: delivering missed events from the log.
//!
//! Owns the one way in which missed events are delivered: at sign-in with `since`, while a subscriber joins, and after
//! a buffer was full. Must not read any log but that of the subscriber's user.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use wire::events::{self, SyncRequired};

use super::hub::Hub;
use super::member::{LaggingSubscriber, SyncState};
use super::resume_point::ResumePoint;
use super::subscriber::Subscriber;
use crate::store::{self, Epoch, EventLog, FeedEvent, LogEnds};
use crate::tasks;

/// How many events one query reads.
const PAGE: u32 = 500;
/// After how many bytes the task yields to others, such as the one that sends. A transport's buffer grows to the
/// largest amount that it is given at once, and some keep that size until the client leaves.
const BURST: usize = 4096;
/// How long a subscriber may accept no event before it is disconnected. It can reconnect and resume.
const LAGGING_TIMEOUT: Duration = Duration::from_secs(20);

/// The first and the longest pause while the store does not answer.
const STORE_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// The reason for a reload if the missed events are no longer retained.
const TOO_OLD: &str = "too_old";

/// Where delivery to a subscriber starts.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    /// With the next event.
    Live,
    /// With everything after this number.
    After(u64),
    /// The log does not hold the requested events: the client has to reload.
    Impossible(SyncRequired),
}

/// Where delivery starts for a resume point, given the ends of the log.
fn starting_point(since: Option<&ResumePoint>, ends: &LogEnds) -> Start {
    let impossible = |reason: &str| Start::Impossible(required(reason, ends));
    match since {
        None => Start::Live,
        Some(since) if !since.is_of(&ends.epoch) => impossible(SyncRequired::EPOCH),
        Some(since) if since.seq > ends.newest => impossible("ahead"),
        Some(since) if since.seq + 1 < ends.oldest => impossible(TOO_OLD),
        Some(since) => Start::After(since.seq),
    }
}

fn required(reason: &str, ends: &LogEnds) -> SyncRequired {
    let LogEnds { epoch, oldest, newest } = ends;
    SyncRequired { reason: reason.to_owned(), oldest_seq: *oldest, seq: *newest, epoch: Some(epoch.to_string()) }
}

/// The event that tells a client to reload because the log does not hold its missed events.
fn sync_required(user_id: &Arc<str>, epoch: &Epoch, required: &SyncRequired) -> store::Result<FeedEvent> {
    let payload = serde_json::value::to_raw_value(required)?.into();
    Ok(FeedEvent {
        user_id: Arc::clone(user_id),
        epoch: epoch.clone(),
        seq: required.seq,
        name: events::SYNC_REQUIRED,
        payload,
        delivery: None,
    })
}

/// Why catching up failed.
#[derive(Debug, thiserror::Error)]
enum CatchUpError {
    #[error("the client did not read for too long")]
    Timeout,
    #[error("the log could not be read: {0}")]
    Store(#[from] store::Error),
}

/// The position of a subscriber that is catching up.
#[derive(Debug)]
struct Position {
    /// Sent before anything else, if the log does not hold the missed events.
    reload: Option<SyncRequired>,
    /// The epoch of the cursor.
    epoch: Epoch,
    /// The number of the last event that the subscriber received.
    cursor: u64,
    /// Events up to this number are marked as replayed, and delivery reaches at least this number.
    replay_until: u64,
}

impl Position {
    /// Live delivery after this number.
    fn after(epoch: Epoch, cursor: u64) -> Self {
        Self { reload: None, epoch, cursor, replay_until: 0 }
    }

    /// First an instruction to reload, then the events after these ends of the log.
    fn reload(reason: &str, ends: &LogEnds) -> Self {
        Self { reload: Some(required(reason, ends)), ..Self::after(ends.epoch.clone(), ends.newest) }
    }
}

/// A subscriber that is catching up.
struct CatchUp<'a> {
    store: &'a dyn EventLog,
    hub: &'a Hub,
    user_id: &'a Arc<str>,
    subscriber: &'a Subscriber,
}

impl CatchUp<'_> {
    /// Delivers missed events until the subscriber has every published event, or has left.
    async fn run(&self, mut position: Position) -> Result<(), CatchUpError> {
        loop {
            if let Some(required) = position.reload.take()
                && !self.deliver(&sync_required(self.user_id, &position.epoch, &required)?).await?
            {
                return Ok(());
            }
            let Position { epoch, cursor, replay_until, .. } = &position;
            let until = match self.hub.sync(self.user_id, self.subscriber.id(), epoch, *cursor, *replay_until) {
                SyncState::Gone | SyncState::InSync => return Ok(()),
                SyncState::Lagging(until) => until,
                SyncState::Replaced => {
                    position = self.restart(position, None).await?;
                    continue;
                }
            };
            let page = self.read(|| self.store.events_after(Arc::clone(self.user_id), *cursor, PAGE)).await?;
            let Some(page) = page else { return Ok(()) };
            if page.first().is_none_or(|event| event.seq != cursor + 1 || event.epoch != *epoch) {
                position = self.restart(position, Some(until)).await?;
                continue;
            }
            let mut burst = 0;
            for event in page {
                let event = if event.seq <= position.replay_until { event.replayed()? } else { event };
                position.cursor = event.seq;
                if !self.deliver(&event).await? {
                    return Ok(());
                }
                burst += event.payload.get().len();
                if burst >= BURST {
                    burst = 0;
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Continues when the next event is not in the log: it was pruned meanwhile, or a new epoch has begun. The client
    /// has to reload and continues from the newest event. If the log merely ends before `until`, the client has
    /// everything.
    async fn restart(&self, position: Position, until: Option<u64>) -> Result<Position, CatchUpError> {
        let Some(ends) = self.read(|| self.store.log_ends(Arc::clone(self.user_id))).await? else {
            return Ok(position);
        };
        if ends.epoch != position.epoch {
            return Ok(Position::reload(SyncRequired::EPOCH, &ends));
        }
        match until {
            Some(until) if ends.newest == position.cursor => {
                self.hub.retract(self.user_id, self.subscriber.id(), until, ends.newest);
                Ok(position)
            }
            _ => Ok(Position::reload(TOO_OLD, &ends)),
        }
    }

    /// Reads the log, and retries while the store is unavailable: the subscriber's connection is fine, and after a
    /// reconnect it would read the same. `None` if the subscriber has left.
    async fn read<T, F>(&self, question: impl Fn() -> F) -> store::Result<Option<T>>
    where
        F: Future<Output = store::Result<T>>,
    {
        let (mut pause, longest) = STORE_PAUSES;
        loop {
            match question().await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) if !error.is_temporary() => return Err(error),
                Err(error) => tracing::debug!(%error, user.id = %self.user_id, "a log cannot be read yet"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
            if !self.is_here() {
                return Ok(None);
            }
        }
    }

    fn is_here(&self) -> bool {
        self.subscriber.sink().is_connected() && self.hub.has(self.user_id, self.subscriber.id())
    }

    /// Delivers an event, retrying with growing pauses; returns false if the subscriber has left.
    async fn deliver(&self, event: &FeedEvent) -> Result<bool, CatchUpError> {
        let mut pause = Duration::from_millis(5);
        let started = Instant::now();
        while !self.subscriber.sink().try_send(event) {
            if !self.is_here() {
                return Ok(false);
            }
            if started.elapsed() > LAGGING_TIMEOUT {
                return Err(CatchUpError::Timeout);
            }
            self.subscriber.sink().ready(pause).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
        Ok(true)
    }
}

/// Runs a subscriber's catch-up. A subscriber that does not read is disconnected.
async fn catch_up(store: &dyn EventLog, hub: &Hub, user_id: &Arc<str>, subscriber: &Subscriber, position: Position) {
    let catch_up = CatchUp { store, hub, user_id, subscriber };
    let caught_up = tasks::catch_panic("catch_up", hub.metrics(), catch_up.run(position)).await;
    let reason = match &caught_up {
        Ok(Ok(())) => return,
        Ok(Err(reason)) => reason.to_string(),
        Err(panicked) => panicked.to_string(),
    };
    tracing::info!(%reason, user.id = %user_id, "a lagging subscriber is disconnected");
    hub.disconnect_lagging(user_id, subscriber);
}

/// Starts delivery to a subscriber that has joined. If it has missed nothing, it is in sync at once; otherwise a
/// separate task runs its catch-up.
pub(super) fn start(
    store: &Arc<dyn EventLog>,
    hub: &Arc<Hub>,
    user_id: &Arc<str>,
    subscriber: Subscriber,
    since: Option<&ResumePoint>,
    ends: &LogEnds,
) {
    let live = |cursor| Position::after(ends.epoch.clone(), cursor);
    let position = match starting_point(since, ends) {
        Start::Live => live(ends.newest),
        Start::After(since) => {
            hub.metrics().resumed("replayed");
            Position { replay_until: ends.newest, ..live(since) }
        }
        Start::Impossible(required) => {
            hub.metrics().resumed("sync_required");
            Position { reload: Some(required), ..live(ends.newest) }
        }
    };
    let state = || hub.sync(user_id, subscriber.id(), &position.epoch, position.cursor, position.replay_until);
    if position.reload.is_some() || matches!(state(), SyncState::Lagging(_) | SyncState::Replaced) {
        spawn(store, hub, user_id, subscriber, position);
    }
}

fn spawn(store: &Arc<dyn EventLog>, hub: &Arc<Hub>, user_id: &Arc<str>, subscriber: Subscriber, position: Position) {
    let (store, hub, user_id) = (Arc::clone(store), Arc::clone(hub), Arc::clone(user_id));
    tokio::spawn(async move { catch_up(store.as_ref(), &hub, &user_id, &subscriber, position).await });
}

/// Starts a catch-up for each live subscriber that falls behind. Each runs in a separate task, so that one that does
/// not read delays no other.
pub(super) async fn run(
    store: Arc<dyn EventLog>,
    hub: Arc<Hub>,
    mut lagging: mpsc::UnboundedReceiver<LaggingSubscriber>,
) {
    while let Some(LaggingSubscriber { user_id, subscriber, epoch, cursor }) = lagging.recv().await {
        spawn(&store, &hub, &user_id, subscriber, Position::after(epoch, cursor));
    }
}

/// A user's log is in a new epoch: tells every subscriber of an earlier epoch to reload, whatever its cursor. A lost
/// number may already have been reused, so a cursor does not say what the client has.
pub(super) fn replace(store: &Arc<dyn EventLog>, hub: &Arc<Hub>, user_id: &Arc<str>, ends: &LogEnds) {
    for subscriber in hub.replace(user_id, ends) {
        spawn(store, hub, user_id, subscriber, Position::reload(SyncRequired::EPOCH, ends));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(oldest: u64, newest: u64) -> LogEnds {
        LogEnds { epoch: Epoch::new("e2", 1), oldest, newest }
    }

    fn start(since: Option<(&str, u64)>, ends: &LogEnds) -> Start {
        let point =
            since.map(|(epoch, seq)| ResumePoint { seq, epoch: Some(epoch.to_owned()).filter(|it| !it.is_empty()) });
        starting_point(point.as_ref(), ends)
    }

    #[test]
    fn a_replay_starts_where_the_log_still_reaches() {
        let ends = &ends(11, 20);
        assert_eq!(start(None, ends), Start::Live);
        for (since, expected) in [(("", 20), 20), (("", 10), 10), (("e2", 10), 10)] {
            assert_eq!(start(Some(since), ends), Start::After(expected));
        }
        for (since, reason) in [
            (("", 9), "too_old"),
            (("", 21), "ahead"),
            (("", u64::MAX), "ahead"),
            (("e2", 21), "ahead"),
            (("e1", 15), "epoch"),
            (("e1", 30), "epoch"),
        ] {
            assert_eq!(start(Some(since), ends), Start::Impossible(required(reason, ends)), "{since:?}");
        }
        assert_eq!(start(Some(("", 0)), &self::ends(1, 0)), Start::After(0));
    }
}
