//! How much of a limit this node and the others have spent.
//!
//! Owns how much of a limit a node may spend before it has reported that and received the other nodes' counts. Must not
//! know how it is reported, nor the callers: their keys are hashed.
//!
//! All amounts are times: a call costs the time in which it recovers. A node may spend a share of each limit without
//! asking: half of the limit divided by the number of nodes plus one, which may be starting. Beyond that share, in a
//! burst or per minute, it has to report its spending, and the answer says how much all nodes have spent. So nodes that
//! know nothing of one another exceed a limit by at most half, a caller at one node has the whole limit, and callers
//! who stay within the share cost no message.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use governor::Quota;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use super::too_many::TooMany;

/// How long a caller waits for the other nodes' counts before the call is refused.
const WAIT: Duration = Duration::from_millis(500);
/// How many nodes are assumed before the first answer.
const NODES: u32 = 3;

/// The key of a caller in a limit: a hash of both.
pub type SharedKey = [u8; 16];

/// What the nodes have spent of their shared limits.
pub struct Shared {
    counts: DashMap<SharedKey, Count>,
    /// The keys whose spending is to be reported.
    due: Mutex<HashSet<SharedKey>>,
    has_due: Notify,
    has_heard: Notify,
    nodes: AtomicU32,
}

/// What one caller has spent of one limit, as the time in which it recovers.
struct Count {
    /// Spent by all nodes, as far as is known, including what is being reported.
    all: Duration,
    /// Spent by this node and not reported.
    own: Duration,
    /// Spent by this node and being reported.
    reported: Duration,
    at: Instant,
}

/// Whether a call is within a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Within,
    /// The limit is spent, for this long.
    Spent(Duration),
    /// It is unknown: this node's share is spent, and the other nodes' counts have not arrived.
    Unknown,
}

impl Default for Shared {
    fn default() -> Self {
        let (counts, due, nodes) = (DashMap::new(), Mutex::default(), AtomicU32::new(NODES));
        Self { counts, due, has_due: Notify::new(), has_heard: Notify::new(), nodes }
    }
}

impl Shared {
    /// Counts a call of a caller, and waits a little if the other nodes' counts are needed first.
    pub(super) async fn check(&self, name: &str, key: &str, quota: Quota) -> Result<(), TooMany> {
        let (key, until) = (hashed(name, key), tokio::time::Instant::now() + WAIT);
        loop {
            let heard = self.has_heard.notified();
            match self.count(key, quota, Instant::now()) {
                Verdict::Within => return Ok(()),
                Verdict::Spent(time) => return Err(TooMany(time.as_secs() + 1)),
                Verdict::Unknown => {}
            }
            if tokio::time::timeout_at(until, heard).await.is_err() {
                return Err(TooMany(1));
            }
        }
    }

    fn count(&self, key: SharedKey, quota: Quota, now: Instant) -> Verdict {
        let (cost, parts) = (quota.replenish_interval(), self.parts());
        let limit = cost.saturating_mul(quota.burst_size().get());
        let share = (limit / parts).max(cost);
        let mut count = self.counts.entry(key).or_insert_with(|| Count::nothing(now));
        count.advance(now, parts);
        let (all, own) = (count.all + count.own + cost, count.own + count.reported + cost);
        if all > limit {
            return Verdict::Spent(all.saturating_sub(limit));
        }
        let is_within = own <= share;
        if is_within {
            count.own += cost;
        }
        let is_due = !is_within || count.own * 2 >= share;
        drop(count);
        if is_due && self.due.lock().insert(key) {
            self.has_due.notify_one();
        }
        if is_within { Verdict::Within } else { Verdict::Unknown }
    }

    /// The divisor of a limit that yields one node's share.
    fn parts(&self) -> u32 {
        2 * (self.nodes.load(Ordering::Relaxed) + 1)
    }

    /// Waits until there is something to report.
    pub async fn has_spent(&self) {
        while self.due.lock().is_empty() {
            self.has_due.notified().await;
        }
    }

    /// Takes up to `most` keys to report. [`Self::heard`] or [`Self::failed`] must follow before the next report.
    pub fn take_spent(&self, most: usize) -> Vec<(SharedKey, Duration)> {
        let mut due = self.due.lock();
        let keys: Vec<_> = due.iter().copied().take(most).collect();
        due.retain(|key| !keys.contains(key));
        drop(due);
        keys.into_iter().filter_map(|key| Some((key, self.counts.get_mut(&key)?.report()))).collect()
    }

    /// Handles the answer to a report: what all nodes have spent, including what was reported, and the number of nodes.
    pub fn heard(&self, all: &[(SharedKey, Duration)], nodes: u32) {
        self.heard_at(all, nodes, Instant::now());
    }

    fn heard_at(&self, all: &[(SharedKey, Duration)], nodes: u32, now: Instant) {
        self.nodes.store(nodes.max(1), Ordering::Relaxed);
        for (key, all) in all {
            if let Some(mut count) = self.counts.get_mut(key) {
                count.advance(now, self.parts());
                (count.all, count.reported) = (*all, Duration::ZERO);
            }
        }
        self.has_heard.notify_waiters();
    }

    /// Handles a failed report: as far as is known, nothing of it was recorded.
    pub fn failed(&self, spent: &[(SharedKey, Duration)]) {
        for (key, _) in spent {
            if let Some(mut count) = self.counts.get_mut(key) {
                let reported = std::mem::take(&mut count.reported);
                count.own += reported;
                count.all = count.all.saturating_sub(reported);
                drop(count);
                self.due.lock().insert(*key);
            }
        }
        self.has_due.notify_one();
    }

    /// Forgets callers whose limit has fully recovered.
    pub(super) fn remove_recovered(&self) {
        let (now, parts) = (Instant::now(), self.parts());
        self.counts.retain(|_, count| {
            count.advance(now, parts);
            !(count.all + count.own + count.reported).is_zero()
        });
        self.counts.shrink_to_fit();
    }
}

impl Count {
    fn nothing(at: Instant) -> Self {
        Self { all: Duration::ZERO, own: Duration::ZERO, reported: Duration::ZERO, at }
    }

    /// Advances the time: all nodes' spending recovers at the rate of the limit, this node's unreported spending at the
    /// rate of its share.
    fn advance(&mut self, now: Instant, parts: u32) {
        let passed = now.saturating_duration_since(self.at);
        self.all = self.all.saturating_sub(passed);
        self.own = self.own.saturating_sub(passed / parts);
        self.at = self.at.max(now);
    }

    /// Moves what was spent into the current report.
    fn report(&mut self) -> Duration {
        let own = std::mem::take(&mut self.own);
        self.reported += own;
        self.all += own;
        own
    }
}

fn hashed(name: &str, key: &str) -> SharedKey {
    let digest = Sha256::new().chain_update(name).chain_update([0]).chain_update(key).finalize();
    let mut hashed = [0; 16];
    hashed.copy_from_slice(&digest[..16]);
    hashed
}

#[cfg(test)]
mod tests;
