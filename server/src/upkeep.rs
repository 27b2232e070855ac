//! What runs beside the requests for as long as the server does.
//!
//! Owns how often each is done. Must not do any of it itself.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::state::AppState;
use crate::store;

/// How often the event log and the inbox are looked through for what is too old.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How often what is kept is looked through for what can be placed by now: at once for what a crash has left behind,
/// and later for what a fault has.
const PLACE_EVERY: Duration = Duration::from_secs(60);
/// How often the store is asked what other processes did.
const LOOK_ELSEWHERE_EVERY: Duration = Duration::from_secs(15);
/// How often callers are forgotten that the limits need not remember.
const FORGET_CALLERS_EVERY: Duration = Duration::from_secs(60);

/// Starts all of it.
pub fn start(state: &AppState) -> Vec<JoinHandle<()>> {
    let watched = state.clone();
    vec![
        tokio::spawn(async move { watched.gate.watch().await }),
        tokio::spawn(forget_what_is_old(state.clone())),
        tokio::spawn(place_what_is_kept(state.clone())),
        tokio::spawn(forget_callers(state.clone())),
        tokio::spawn(look_elsewhere(state.clone())),
    ]
}

/// Keeps the event log and the inbox to their sizes.
async fn forget_what_is_old(state: AppState) {
    loop {
        tokio::time::sleep(PRUNE_EVERY).await;
        let events = &state.config.events;
        let before = |age: Duration| state.now().checked_sub(age).unwrap_or(jiff::Timestamp::MIN);
        let forgotten = async {
            let old_events = state.store.prune_events(before(events.keep_for), events.keep_newest).await?;
            let old_deliveries = state.store.prune_inbox(before(events.inbox_for), before(events.kept_for)).await?;
            Ok::<_, store::Error>((old_events, old_deliveries))
        };
        match forgotten.await {
            Ok((events, deliveries)) => tracing::debug!(events, deliveries, "what is old was forgotten"),
            Err(error) => tracing::error!(%error, "what is old could not be forgotten"),
        }
    }
}

/// Places what is kept for connections that are registered.
async fn place_what_is_kept(state: AppState) {
    loop {
        let placing = state.clone();
        // On its own, so that what makes a connector panic does not end this for good.
        match tokio::spawn(async move { placing.ingest.apply_backlogs(placing.now()).await }).await {
            Ok(Ok(placed)) if placed.all() == 0 => {}
            Ok(Ok(placed)) => tracing::info!(transactions = placed.all(), "kept deliveries were placed"),
            Ok(Err(error)) => tracing::error!(%error, "kept deliveries could not be placed"),
            Err(error) => tracing::error!(%error, "placing kept deliveries ended early"),
        }
        tokio::time::sleep(PLACE_EVERY).await;
    }
}

/// Keeps what is remembered of callers to those of late.
async fn forget_callers(state: AppState) {
    loop {
        tokio::time::sleep(FORGET_CALLERS_EVERY).await;
        state.limits.forget_the_quiet();
        state.hub.lines().forget_the_ended();
    }
}

/// Notices what the command line did.
async fn look_elsewhere(state: AppState) {
    loop {
        tokio::time::sleep(LOOK_ELSEWHERE_EVERY).await;
        let noticed = async {
            state.gate.notice_ended_sessions().await?;
            state.gate.notice_written_events().await
        };
        if let Err(error) = noticed.await {
            tracing::warn!(%error, "what other processes did could not be looked up");
        }
    }
}
