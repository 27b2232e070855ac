//! The state of the inbox and the outbox, for operators.
//!
//! Owns reading it from the store, in one form for the API, the administrators' page and the metrics. Must not change
//! anything.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wire::admin::{AdminView, Breaker, DeadLetter, Delivery, OutboxView, RawDelivery, StuckQueue};

use crate::clock;
use crate::state::AppState;
use crate::store::{InboxEntry, Result};

/// The longest list, in rows.
pub const LONGEST_LIST: u32 = 200;
/// After how many failed attempts a queue counts as stuck.
pub const STUCK_AFTER: u32 = 5;

/// The outbox, with its dead letters and stuck queues.
pub async fn outbox(state: &AppState) -> Result<OutboxView> {
    let dead_letters = state.store.dead_letters(LONGEST_LIST).await?.into_iter().map(|letter| DeadLetter {
        id: letter.id,
        user_id: letter.user_id,
        idempotency_key: letter.idempotency_key,
        died_at: letter.died_at,
        reason: letter.reason,
    });
    let stuck = state.store.stuck_queues(STUCK_AFTER, LONGEST_LIST).await?.into_iter().map(|queue| StuckQueue {
        user_id: queue.user_id,
        waiting: queue.waiting,
        idempotency_key: queue.idempotency_key,
        attempts: queue.attempts,
        reason: queue.reason,
    });
    let (dead_letters, stuck_queues) = (dead_letters.collect(), stuck.collect());
    Ok(OutboxView { dead_letters, stuck_queues, ..outbox_state(state).await? })
}

/// The outbox without its lists.
pub async fn outbox_state(state: &AppState) -> Result<OutboxView> {
    let outbox = state.store.outbox_state().await?;
    let lag_millis = outbox.oldest_millis.map_or(0, |oldest| state.now().as_millisecond() - oldest);
    Ok(OutboxView {
        configured: state.config.core_app.is_some(),
        breaker: if state.breaker.lock().is_open() { Breaker::Open } else { Breaker::Closed },
        waiting: outbox.waiting,
        oldest_at: outbox.oldest_millis.map(clock::rfc3339_of_millis),
        lag_seconds: u64::try_from(lag_millis / 1000).unwrap_or_default(),
        dead: outbox.dead,
        dead_letters: vec![],
        stuck_queues: vec![],
    })
}

/// The newest deliveries, or only the quarantined ones.
pub async fn deliveries(state: &AppState, kept_only: bool, limit: u32) -> Result<Vec<Delivery>> {
    let entries = state.store.inbox(kept_only, limit.min(LONGEST_LIST)).await?;
    Ok(entries.into_iter().map(listed).collect())
}

/// One delivery as received.
pub async fn delivery(state: &AppState, id: i64) -> Result<RawDelivery> {
    let delivery = listed(state.store.inbox_entry(id).await?);
    let kept = state.store.delivery(id).await?;
    let headers = kept.delivery.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let bytes = kept.delivery.body();
    let (body, is_base64) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(bytes), true),
    };
    Ok(RawDelivery { delivery, headers, body, is_base64 })
}

fn listed(entry: InboxEntry) -> Delivery {
    Delivery {
        id: entry.id,
        connector_id: entry.connector_id,
        key: entry.key,
        connection_id: entry.connection_id,
        received_at: entry.received_at,
        verdict: entry.verdict,
        reason: entry.reason,
        latency_us: entry.latency_us,
    }
}

/// Everything on the administrators' page.
pub async fn overview(state: &AppState) -> Result<AdminView> {
    Ok(AdminView {
        at: clock::rfc3339(state.now()),
        outbox: outbox(state).await?,
        kept: state.store.kept_deliveries().await?,
        kept_deliveries: deliveries(state, true, LONGEST_LIST).await?,
    })
}
