//! How often the API was called.
//!
//! Owns the counters. Must not know the calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// How often each endpoint was called, for each scope: a connection, a user, or another unit by which the provider
/// counts.
///
/// Clones are the same counters.
#[derive(Clone, Debug, Default)]
pub struct CallCounts(Arc<Mutex<BTreeMap<(String, String), Count>>>);

/// The calls of one endpoint for one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many calls there were.
    pub calls: u64,
    /// How many of them got a 4xx or 5xx, or no proper answer.
    pub failed: u64,
    /// How many of them exceeded a budget.
    pub over_budget: u64,
    /// The largest number of concurrent calls.
    pub most_at_once: u64,
    at_once: u64,
}

impl CallCounts {
    /// All calls.
    pub fn total(&self) -> u64 {
        self.sum(|_, _| true, |count| count.calls)
    }

    /// The calls of an endpoint, such as `GET /users/{userId}/accounts`.
    pub fn of(&self, endpoint: &str) -> u64 {
        self.sum(|name, _| name == endpoint, |count| count.calls)
    }

    /// The calls of a scope.
    pub fn of_scope(&self, scope: &str) -> u64 {
        self.sum(|_, name| name == scope, |count| count.calls)
    }

    /// The calls of an endpoint for a scope.
    pub fn get(&self, endpoint: &str, scope: &str) -> Count {
        self.0.lock().get(&(endpoint.to_owned(), scope.to_owned())).copied().unwrap_or_default()
    }

    /// The calls that exceeded a budget.
    pub fn over_budget(&self) -> u64 {
        self.sum(|_, _| true, |count| count.over_budget)
    }

    /// Every endpoint and scope with its calls.
    pub fn all(&self) -> Vec<(String, String, Count)> {
        let counts = self.0.lock();
        counts.iter().map(|((endpoint, scope), count)| (endpoint.clone(), scope.clone(), *count)).collect()
    }

    /// Resets the counters.
    pub fn reset(&self) {
        let mut counts = self.0.lock();
        for count in counts.values_mut() {
            *count = Count { at_once: count.at_once, most_at_once: count.at_once, ..Count::default() };
        }
    }

    fn sum(&self, chosen: impl Fn(&str, &str) -> bool, value: impl Fn(&Count) -> u64) -> u64 {
        let counts = self.0.lock();
        counts.iter().filter(|((endpoint, scope), _)| chosen(endpoint, scope)).map(|(_, count)| value(count)).sum()
    }

    /// Counts a call, which is concurrent until the returned guard is dropped.
    pub(super) fn begin(&self, endpoint: &str, scope: &str) -> Counting {
        let key = (endpoint.to_owned(), scope.to_owned());
        let mut counts = self.0.lock();
        let count = counts.entry(key.clone()).or_default();
        count.calls += 1;
        count.at_once += 1;
        count.most_at_once = count.most_at_once.max(count.at_once);
        Counting { counts: self.clone(), key }
    }
}

/// A call that is being answered.
#[derive(Debug)]
pub(super) struct Counting {
    counts: CallCounts,
    key: (String, String),
}

impl Counting {
    pub(super) fn failed(&self) {
        self.change(|count| count.failed += 1);
    }

    pub(super) fn over_budget(&self) {
        self.change(|count| count.over_budget += 1);
    }

    fn change(&self, change: impl FnOnce(&mut Count)) {
        self.counts.0.lock().entry(self.key.clone()).and_modify(change);
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.change(|count| count.at_once = count.at_once.saturating_sub(1));
    }
}
