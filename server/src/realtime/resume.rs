//! Bringing a member of a room up to date from the log.
//!
//! Owns the one way in which missed events are delivered: at sign-in with `since`, while somebody
//! joins, and after a full buffer. Must not read anybody's log but the member's own user's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use wire::events::SyncRequired;

use super::hub::{Hub, Straggler};
use super::outlet::Outlet;
use crate::store::{self, LogEnds, Store};

/// How many events are read at once.
const PAGE: u32 = 500;
/// How long a member that takes nothing is waited for. It then loses its place, and can come back
/// and go on from where it was.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a member asked for and what can be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// From now on.
    Live,
    /// Everything after this number, which is missing to it.
    After(u64),
    /// The log does not hold what it asked for.
    Impossible(SyncRequired),
}

/// What `since` means for a log that reaches from one end to the other.
pub(crate) fn start(since: Option<u64>, ends: LogEnds) -> Start {
    let LogEnds { oldest, newest } = ends;
    let impossible =
        |reason: &str| Start::Impossible(SyncRequired { reason: reason.to_owned(), oldest_seq: oldest, seq: newest });
    match since {
        None => Start::Live,
        Some(since) if since > newest => impossible("ahead"),
        Some(since) if since + 1 < oldest => impossible("too_old"),
        Some(since) => Start::After(since),
    }
}

/// Why a member could not be brought up to date.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error("it takes nothing")]
    Unread,
    #[error("the log could not be read: {0}")]
    Store(#[from] store::Error),
}

/// Gives a member everything after `cursor` until it is level with what is published. Events up to
/// `replay_until` are marked as replayed.
async fn catch_up(
    store: &dyn Store,
    hub: &Hub,
    user_id: &Arc<str>,
    outlet: &Outlet,
    mut cursor: u64,
    replay_until: u64,
) -> Result<(), Stuck> {
    loop {
        // Level first: most members that join have missed nothing.
        if cursor >= replay_until && hub.level(user_id, outlet.id(), cursor) {
            return Ok(());
        }
        for event in store.events_after(Arc::clone(user_id), cursor, PAGE).await? {
            let event = if event.seq <= replay_until { event.replayed()? } else { event };
            cursor = event.seq;
            if !outlet.give(&event) {
                wait_for_room(outlet, &event).await?;
            }
        }
    }
}

/// Tries again with growing pauses: a buffer says nothing when it empties.
async fn wait_for_room(outlet: &Outlet, event: &store::FeedEvent) -> Result<(), Stuck> {
    let mut pause = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    while outlet.is_open() && waited < PATIENCE {
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(Duration::from_millis(250));
        if outlet.give(event) {
            return Ok(());
        }
    }
    Err(Stuck::Unread)
}

/// The same, and a member that stays stuck loses its place: it can come back and resume.
pub(super) async fn catch_up_or_cut_off(
    store: &dyn Store,
    hub: &Hub,
    user_id: &Arc<str>,
    outlet: &Outlet,
    cursor: u64,
    replay_until: u64,
) {
    if let Err(reason) = catch_up(store, hub, user_id, outlet, cursor, replay_until).await {
        tracing::info!(%reason, user.id = %user_id, "a slow reader is cut off");
        hub.cut_off(user_id, outlet);
    }
}

/// Brings up every live member that falls behind; each on its own, so that one that takes nothing
/// keeps nobody waiting.
pub(super) async fn mend(store: Arc<dyn Store>, hub: Arc<Hub>, mut stragglers: mpsc::UnboundedReceiver<Straggler>) {
    while let Some(Straggler { user_id, outlet, cursor }) = stragglers.recv().await {
        let (store, hub) = (Arc::clone(&store), Arc::clone(&hub));
        tokio::spawn(async move { catch_up_or_cut_off(store.as_ref(), &hub, &user_id, &outlet, cursor, 0).await });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impossible(reason: &str, oldest_seq: u64, seq: u64) -> Start {
        Start::Impossible(SyncRequired { reason: reason.to_owned(), oldest_seq, seq })
    }

    #[test]
    fn a_replay_starts_where_the_log_still_reaches() {
        let ends = LogEnds { oldest: 11, newest: 20 };
        assert_eq!(start(None, ends), Start::Live);
        assert_eq!(start(Some(20), ends), Start::After(20));
        assert_eq!(start(Some(10), ends), Start::After(10));
        assert_eq!(start(Some(9), ends), impossible("too_old", 11, 20));
        assert_eq!(start(Some(21), ends), impossible("ahead", 11, 20));
        assert_eq!(start(Some(u64::MAX), ends), impossible("ahead", 11, 20));
        let empty = LogEnds { oldest: 1, newest: 0 };
        assert_eq!(start(Some(0), empty), Start::After(0));
    }
}
