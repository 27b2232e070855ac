//! Whether the server can work.
//!
//! Owns caching the last check, so that frequent probes cost nothing. Must not answer a probe: [`crate::http`] does.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::store::Store;

/// How long a cached result is valid.
const FRESH: Duration = Duration::from_secs(1);

/// The last result and its time.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    /// Whether the store accepts writes. Callers during a check wait for its result.
    pub async fn check(&self, store: &dyn Store, now: Timestamp) -> bool {
        let mut last = self.0.lock().await;
        match *last {
            Some((at, is_ready)) if at.elapsed() < FRESH => is_ready,
            _ => {
                let was_ready = last.is_none_or(|(_, is_ready)| is_ready);
                let checked = store.check(now).await;
                match &checked {
                    Ok(()) if !was_ready => tracing::info!("the store accepts writes again"),
                    Err(error) if was_ready => tracing::error!(%error, "the store does not accept writes"),
                    Err(error) => tracing::debug!(%error, "the store still does not accept writes"),
                    Ok(()) => {}
                }
                *last = Some((Instant::now(), checked.is_ok()));
                checked.is_ok()
            }
        }
    }
}
