//! What this node and the others have spent of a limit.
//!
//! Owns how much of a limit a node may spend before it has reported that and heard of the others. Must not know how it is
//! reported, nor the callers: their keys are hashed.
//!
//! All of it is in time: what a call costs is the time in which it recovers. A node spends a share of each limit on its own: half
//! of the limit divided by the nodes and one more, which may be starting. What it spends beyond that, at once or a minute, it
//! has to report, and the answer says what all have spent. So nodes that know nothing of one another exceed a limit by half at
//! most, a caller at one node has the whole limit, and callers who stay within the share cost no message.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use governor::Quota;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use super::too_many::TooMany;

/// How long a caller waits for an answer of the others, before the call is refused.
const WAIT: Duration = Duration::from_millis(500);
/// How many nodes are assumed before the first answer.
const NODES: u32 = 3;

/// A caller's key in a limit: a hash of both.
pub type SharedKey = [u8; 16];

/// What nodes have spent of their common limits.
pub struct Shared {
    counts: DashMap<SharedKey, Count>,
    /// What is to be reported.
    due: Mutex<HashSet<SharedKey>>,
    has_due: Notify,
    has_heard: Notify,
    nodes: AtomicU32,
}

/// What was spent of one limit by one caller, as the time in which it recovers.
struct Count {
    /// By all nodes, as far as it is known, with what is being reported.
    all: Duration,
    /// By this node, and not reported.
    own: Duration,
    /// By this node, and being reported.
    reported: Duration,
    at: Instant,
}

/// Whether a call is within a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Within,
    /// The limit is spent; for how long.
    Spent(Duration),
    /// It is not known: this node's share is spent, and the answer of the others not there.
    Unknown,
}

impl Default for Shared {
    fn default() -> Self {
        let (counts, due, nodes) = (DashMap::new(), Mutex::default(), AtomicU32::new(NODES));
        Self { counts, due, has_due: Notify::new(), has_heard: Notify::new(), nodes }
    }
}

impl Shared {
    /// Counts a call of a caller; waits a little where the others have to be heard first.
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

    /// What part of a limit is a node's share: one of so many.
    fn parts(&self) -> u32 {
        2 * (self.nodes.load(Ordering::Relaxed) + 1)
    }

    /// Waits until something is to be reported.
    pub async fn has_spent(&self) {
        while self.due.lock().is_empty() {
            self.has_due.notified().await;
        }
    }

    /// What is to be reported, `most` keys at once. [`Self::heard`] or [`Self::failed`] follows before the next report.
    pub fn take_spent(&self, most: usize) -> Vec<(SharedKey, Duration)> {
        let mut due = self.due.lock();
        let keys: Vec<_> = due.iter().copied().take(most).collect();
        due.retain(|key| !keys.contains(key));
        drop(due);
        keys.into_iter().filter_map(|key| Some((key, self.counts.get_mut(&key)?.report()))).collect()
    }

    /// What all nodes have spent, with what was reported, and how many nodes there are.
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

    /// What was to be reported was not, as far as is known.
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

    /// Forgets callers whose limit has recovered.
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

    /// Time has passed: the limit recovers once for all nodes, and this node's share of it for what it has not reported.
    fn advance(&mut self, now: Instant, parts: u32) {
        let passed = now.saturating_duration_since(self.at);
        self.all = self.all.saturating_sub(passed);
        self.own = self.own.saturating_sub(passed / parts);
        self.at = self.at.max(now);
    }

    /// What was spent is being reported.
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
