//! Catch-up: delivering missed events from the log.
//!
//! Owns the one way in which missed events are delivered: at sign-in with `since`, while a subscriber joins, and after
//! a full buffer. Must not read any log but that of the subscriber's own user.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use wire::events::{self, SyncRequired};

use super::hub::{Hub, LaggingSubscriber, SyncState};
use super::resume_point::ResumePoint;
use super::subscriber::Subscriber;
use crate::store::{self, EventLog, FeedEvent, LogEnds};
use crate::tasks;

/// How many events are read at once.
const PAGE: u32 = 500;
/// How long a subscriber may accept nothing before it is disconnected. It can reconnect and resume.
const LAGGING_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a client has to reload: the events that it missed are no longer retained.
const TOO_OLD: &str = "too_old";

/// Where delivery to a subscriber starts.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    /// With the next event.
    Live,
    /// With everything after this number.
    After(u64),
    /// The log does not hold what it asked for: it has to reload.
    Impossible(SyncRequired),
}

/// What a resume point means for a log with these ends, in this epoch.
fn starting_point(since: Option<&ResumePoint>, ends: LogEnds, epoch: &str) -> Start {
    let impossible = |reason: &str| Start::Impossible(required(reason, ends, epoch));
    match since {
        None => Start::Live,
        Some(since) if !since.is_of(epoch) => impossible(SyncRequired::EPOCH),
        Some(since) if since.seq > ends.newest => impossible("ahead"),
        Some(since) if since.seq + 1 < ends.oldest => impossible(TOO_OLD),
        Some(since) => Start::After(since.seq),
    }
}

fn required(reason: &str, ends: LogEnds, epoch: &str) -> SyncRequired {
    let LogEnds { oldest, newest } = ends;
    SyncRequired { reason: reason.to_owned(), oldest_seq: oldest, seq: newest, epoch: Some(epoch.to_owned()) }
}

/// The event that makes a client reload, since the log does not hold what it missed.
fn sync_required(user_id: &Arc<str>, required: &SyncRequired) -> store::Result<FeedEvent> {
    let payload = serde_json::value::to_raw_value(required)?.into();
    Ok(FeedEvent {
        user_id: Arc::clone(user_id),
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
    /// Sent first, where the log does not hold what it missed.
    reload: Option<SyncRequired>,
    /// The number of the last event that it received.
    cursor: u64,
    /// Events up to this number are marked as replayed; delivery goes this far at least.
    replay_until: u64,
}

impl Position {
    /// Live events after a number.
    fn after(cursor: u64) -> Self {
        Self { reload: None, cursor, replay_until: 0 }
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
    /// Delivers missed events until the subscriber is in sync with what is published, or has left.
    async fn run(&self, mut position: Position) -> Result<(), CatchUpError> {
        loop {
            if let Some(required) = position.reload.take()
                && !self.deliver(&sync_required(self.user_id, &required)?).await?
            {
                return Ok(());
            }
            match self.hub.sync(self.user_id, self.subscriber.id(), position.cursor, position.replay_until) {
                SyncState::Gone | SyncState::InSync => return Ok(()),
                SyncState::Lagging => {}
            }
            let page = self.store.events_after(Arc::clone(self.user_id), position.cursor, PAGE).await?;
            if page.first().is_none_or(|event| event.seq != position.cursor + 1) {
                position = self.restart().await?;
                continue;
            }
            for event in page {
                let event = if event.seq <= position.replay_until { event.replayed()? } else { event };
                position.cursor = event.seq;
                if !self.deliver(&event).await? {
                    return Ok(());
                }
            }
        }
    }

    /// The next event was pruned meanwhile: the client has to reload, and continues from the newest event.
    async fn restart(&self) -> Result<Position, CatchUpError> {
        let ends = self.store.log_ends(Arc::clone(self.user_id)).await?;
        let required = required(TOO_OLD, ends, self.store.epoch());
        Ok(Position { reload: Some(required), ..Position::after(ends.newest) })
    }

    /// Delivers an event, retrying with growing pauses; false where the subscriber has left.
    async fn deliver(&self, event: &FeedEvent) -> Result<bool, CatchUpError> {
        let mut pause = Duration::from_millis(5);
        let started = Instant::now();
        while !self.subscriber.sink().try_send(event) {
            if !self.subscriber.sink().is_connected() || !self.hub.has(self.user_id, self.subscriber.id()) {
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

/// Lets a subscriber catch up. One that does not read is disconnected.
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

/// Starts delivery to a subscriber that has joined. One that has missed nothing is in sync at once; any other catches
/// up in a task of its own.
pub(super) fn start(
    store: &Arc<dyn EventLog>,
    hub: &Arc<Hub>,
    user_id: &Arc<str>,
    subscriber: Subscriber,
    since: Option<&ResumePoint>,
    ends: LogEnds,
) {
    let position = match starting_point(since, ends, store.epoch()) {
        Start::Live => Position::after(ends.newest),
        Start::After(since) => {
            hub.metrics().resumed("replayed");
            Position { replay_until: ends.newest, ..Position::after(since) }
        }
        Start::Impossible(required) => {
            hub.metrics().resumed("sync_required");
            Position { reload: Some(required), ..Position::after(ends.newest) }
        }
    };
    let is_lagging =
        || hub.sync(user_id, subscriber.id(), position.cursor, position.replay_until) == SyncState::Lagging;
    if position.reload.is_some() || is_lagging() {
        let (store, hub, user_id) = (Arc::clone(store), Arc::clone(hub), Arc::clone(user_id));
        tokio::spawn(async move { catch_up(store.as_ref(), &hub, &user_id, &subscriber, position).await });
    }
}

/// Lets every live subscriber that falls behind catch up, each in a task of its own, so that one that does not read
/// delays no other.
pub(super) async fn run(
    store: Arc<dyn EventLog>,
    hub: Arc<Hub>,
    mut lagging: mpsc::UnboundedReceiver<LaggingSubscriber>,
) {
    while let Some(LaggingSubscriber { user_id, subscriber, cursor }) = lagging.recv().await {
        let (store, hub) = (Arc::clone(&store), Arc::clone(&hub));
        let position = Position::after(cursor);
        tokio::spawn(async move { catch_up(store.as_ref(), &hub, &user_id, &subscriber, position).await });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(since: Option<(&str, u64)>, ends: LogEnds) -> Start {
        let point =
            since.map(|(epoch, seq)| ResumePoint { seq, epoch: Some(epoch.to_owned()).filter(|it| !it.is_empty()) });
        starting_point(point.as_ref(), ends, "e2")
    }

    #[test]
    fn a_replay_starts_where_the_log_still_reaches() {
        let ends = LogEnds { oldest: 11, newest: 20 };
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
            assert_eq!(start(Some(since), ends), Start::Impossible(required(reason, ends, "e2")), "{since:?}");
        }
        assert_eq!(start(Some(("", 0)), LogEnds { oldest: 1, newest: 0 }), Start::After(0));
    }
}
