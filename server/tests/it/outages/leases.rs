//! The leases in the database.
//!
//! Owns checking that a living node holds each of them. Must not change them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::Connection as _;
use tokio::time::{Instant, sleep, timeout};

/// How long a lease is valid, in seconds: its holder renews it every 5 s.
const LASTS: f64 = 20.0;
/// How soon after a fault every lease must have a living holder again.
const MOVES_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Leases {
    url: Mutex<String>,
    holders: Mutex<BTreeMap<String, String>>,
    moves: AtomicU64,
}

impl Leases {
    pub(super) fn of(url: String) -> Self {
        Self { url: Mutex::new(url), holders: Mutex::default(), moves: AtomicU64::new(0) }
    }

    /// The database has moved to another address.
    pub(super) fn follow(&self, url: String) {
        *self.url.lock() = url;
    }

    /// How often a lease had another holder than at the previous check.
    pub(super) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    /// Waits until a living node has renewed or acquired every lease since now; returns how long that took.
    pub(super) async fn settle(&self) -> Duration {
        let (began, mut since) = (Instant::now(), None);
        loop {
            let held = timeout(Duration::from_secs(5), self.held(&mut since)).await;
            if let Ok(Ok(Some(held))) = held {
                let mut holders = self.holders.lock();
                let moved =
                    held.iter().filter(|(name, holder)| holders.get(*name).is_some_and(|before| before != *holder));
                self.moves.fetch_add(moved.count() as u64, Ordering::Relaxed);
                *holders = held;
                return began.elapsed();
            }
            assert!(began.elapsed() < MOVES_WITHIN, "leases without a holder: {held:?}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The holders, if every lease was renewed since the first check, in the database's time.
    async fn held(&self, since: &mut Option<f64>) -> sqlx::Result<Option<BTreeMap<String, String>>> {
        let url = self.url.lock().clone();
        let mut database = sqlx::PgConnection::connect(&url).await?;
        let now: f64 = sqlx::query_scalar("SELECT extract(epoch FROM now())::float8").fetch_one(&mut database).await?;
        let since = *since.get_or_insert(now);
        let all: Vec<(String, String, f64)> =
            sqlx::query_as("SELECT name, holder, extract(epoch FROM expires_at)::float8 FROM leases")
                .fetch_all(&mut database)
                .await?;
        let is_held = !all.is_empty() && all.iter().all(|(_, _, until)| *until >= since + LASTS);
        Ok(is_held.then(|| all.into_iter().map(|(name, holder, _)| (name, holder)).collect()))
    }
}
