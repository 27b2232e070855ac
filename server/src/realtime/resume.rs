//! Bringing a member of a room up to date from the log.
//!
//! Owns the one way in which missed events are delivered: at sign-in with `since`, while somebody
//! joins, and after a full buffer. Must not read anybody's log but the member's own user's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use wire::events::{self, SyncRequired};

use super::hub::{Hub, Standing, Straggler};
use super::outlet::Outlet;
use crate::store::{self, FeedEvent, LogEnds, Store};

/// How many events are read at once.
const PAGE: u32 = 500;
/// How long a member that takes nothing is waited for. It then loses its place, and can come back
/// and go on from where it was.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a client has to reload: what it lacks is not kept any more.
const TOO_OLD: &str = "too_old";

/// What a member asked for and what can be done about it.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    /// From now on.
    Live,
    /// Everything after this number, which is missing to it.
    After(u64),
    /// The log does not hold what it asked for.
    Impossible(SyncRequired),
}

/// What `since` means for a log that reaches from one end to the other.
fn start(since: Option<u64>, ends: LogEnds) -> Start {
    let LogEnds { oldest, newest } = ends;
    let impossible = |reason: &str| {
        Start::Impossible(SyncRequired { reason: reason.to_owned(), oldest_seq: oldest, seq: newest, epoch: None })
    };
    match since {
        None => Start::Live,
        Some(since) if since > newest => impossible("ahead"),
        Some(since) if since + 1 < oldest => impossible(TOO_OLD),
        Some(since) => Start::After(since),
    }
}

/// Tells a member that it has to reload, since the log does not hold what it lacks.
fn reload(user_id: &Arc<str>, required: &SyncRequired) -> store::Result<FeedEvent> {
    let payload = serde_json::value::to_raw_value(required)?.into();
    Ok(FeedEvent { user_id: Arc::clone(user_id), seq: required.seq, name: events::SYNC_REQUIRED, payload })
}

/// Why a member could not be brought up to date.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error("it takes nothing")]
    Unread,
    #[error("the log could not be read: {0}")]
    Store(#[from] store::Error),
}

/// What a member lacks.
#[derive(Debug)]
pub(super) struct Lacks {
    /// What it has to be told first: that the log does not hold what it lacks.
    reload: Option<SyncRequired>,
    /// The newest number that it has.
    cursor: u64,
    /// Up to this number events are marked as replayed; it is brought so far at least.
    replay_until: u64,
}

impl Lacks {
    /// What comes after a number.
    fn after(cursor: u64) -> Self {
        Self { reload: None, cursor, replay_until: 0 }
    }
}

/// A member that is being brought up to date.
struct CatchUp<'a> {
    store: &'a dyn Store,
    hub: &'a Hub,
    user_id: &'a Arc<str>,
    outlet: &'a Outlet,
}

impl CatchUp<'_> {
    /// Gives it everything that it lacks until it is level with what is published, or has left.
    async fn run(&self, mut lacks: Lacks) -> Result<(), Stuck> {
        loop {
            if let Some(required) = lacks.reload.take()
                && !self.give(&reload(self.user_id, &required)?).await?
            {
                return Ok(());
            }
            match self.hub.level(self.user_id, self.outlet.id(), lacks.cursor, lacks.replay_until) {
                Standing::Gone | Standing::Level => return Ok(()),
                Standing::Behind => {}
            }
            let page = self.store.events_after(Arc::clone(self.user_id), lacks.cursor, PAGE).await?;
            if page.first().is_none_or(|event| event.seq != lacks.cursor + 1) {
                lacks = self.start_over().await?;
                continue;
            }
            for event in page {
                let event = if event.seq <= lacks.replay_until { event.replayed()? } else { event };
                lacks.cursor = event.seq;
                if !self.give(&event).await? {
                    return Ok(());
                }
            }
        }
    }

    /// What it lacks was forgotten meanwhile: it is told to reload, and goes on from the newest.
    async fn start_over(&self) -> Result<Lacks, Stuck> {
        let LogEnds { oldest, newest } = self.store.log_ends(Arc::clone(self.user_id)).await?;
        let required = SyncRequired { reason: TOO_OLD.to_owned(), oldest_seq: oldest, seq: newest, epoch: None };
        Ok(Lacks { reload: Some(required), ..Lacks::after(newest) })
    }

    /// Hands over an event, in the end; false where the member has left. Tries again with growing pauses.
    async fn give(&self, event: &FeedEvent) -> Result<bool, Stuck> {
        let mut pause = Duration::from_millis(5);
        let started = Instant::now();
        while !self.outlet.give(event) {
            if !self.outlet.is_open() || !self.hub.has(self.user_id, self.outlet.id()) {
                return Ok(false);
            }
            if started.elapsed() > PATIENCE {
                return Err(Stuck::Unread);
            }
            self.outlet.wait(pause).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
        Ok(true)
    }
}

/// Brings a member of a room up to date. One that stays stuck loses its place: it can come back and resume.
async fn catch_up(store: &dyn Store, hub: &Hub, user_id: &Arc<str>, outlet: &Outlet, lacks: Lacks) {
    if let Err(reason) = (CatchUp { store, hub, user_id, outlet }).run(lacks).await {
        tracing::info!(%reason, user.id = %user_id, "a slow reader is cut off");
        hub.cut_off(user_id, outlet);
    }
}

/// Begins with a member that has joined: one that has missed nothing is level at once, and what another lacks
/// or has to be told goes on beside.
pub(super) fn begin(
    store: &Arc<dyn Store>,
    hub: &Arc<Hub>,
    user_id: &Arc<str>,
    outlet: Outlet,
    since: Option<u64>,
    ends: LogEnds,
) {
    let lacks = match start(since, ends) {
        Start::Live => Lacks::after(ends.newest),
        Start::After(since) => {
            hub.metrics().resumed("replayed");
            Lacks { replay_until: ends.newest, ..Lacks::after(since) }
        }
        Start::Impossible(required) => {
            hub.metrics().resumed("sync_required");
            Lacks { reload: Some(required), ..Lacks::after(ends.newest) }
        }
    };
    let is_behind = || hub.level(user_id, outlet.id(), lacks.cursor, lacks.replay_until) == Standing::Behind;
    if lacks.reload.is_some() || is_behind() {
        let (store, hub, user_id) = (Arc::clone(store), Arc::clone(hub), Arc::clone(user_id));
        tokio::spawn(async move { catch_up(store.as_ref(), &hub, &user_id, &outlet, lacks).await });
    }
}

/// Brings up every live member that falls behind; each on its own, so that one that takes nothing
/// keeps nobody waiting.
pub(super) async fn mend(store: Arc<dyn Store>, hub: Arc<Hub>, mut stragglers: mpsc::UnboundedReceiver<Straggler>) {
    while let Some(Straggler { user_id, outlet, cursor }) = stragglers.recv().await {
        let (store, hub) = (Arc::clone(&store), Arc::clone(&hub));
        let lacks = Lacks::after(cursor);
        tokio::spawn(async move { catch_up(store.as_ref(), &hub, &user_id, &outlet, lacks).await });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impossible(reason: &str, oldest_seq: u64, seq: u64) -> Start {
        Start::Impossible(SyncRequired { reason: reason.to_owned(), oldest_seq, seq, epoch: None })
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
