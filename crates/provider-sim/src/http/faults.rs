//! Faults of calls.
//!
//! Owns which calls a fault applies to. Must not know how an answer is spoilt.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

/// The fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The token that the call carries has just expired.
    TokenExpired,
    /// Too many requests: 429, with `Retry-After` in seconds if one is given.
    TooManyRequests {
        /// How long to wait.
        retry_after: Option<Duration>,
    },
    /// An error with this status in the provider's own shape: 500, 502, 503 …
    Status(u16),
    /// No answer, for as long as the caller waits.
    Hang,
    /// The answer is delayed by this much, by the machine's clock.
    Slow(Duration),
    /// The answer ends in the middle of its JSON, as if it were complete.
    MalformedJson,
    /// The connection is closed in the middle of the answer.
    Truncated,
}

/// The calls that a fault applies to: all, unless narrowed down.
#[derive(Clone, Debug)]
pub struct Rule {
    fault: Fault,
    endpoint: Option<String>,
    scope: Option<String>,
    after: u64,
    every: u64,
    times: u64,
    seen: u64,
}

impl Rule {
    /// A fault of every call.
    pub fn new(fault: Fault) -> Self {
        Self { fault, endpoint: None, scope: None, after: 0, every: 1, times: u64::MAX, seen: 0 }
    }

    /// Only of this endpoint, such as `GET /users/{userId}/accounts`.
    #[must_use]
    pub fn on(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Only for this scope: a connection, a user, or another unit by which the provider counts.
    #[must_use]
    pub fn for_scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Not for this many calls at first.
    #[must_use]
    pub fn after(mut self, calls: u64) -> Self {
        self.after = calls;
        self
    }

    /// Only for every n-th call.
    #[must_use]
    pub fn every(mut self, calls: u64) -> Self {
        self.every = calls.max(1);
        self
    }

    /// At most this many times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Whether it applies to this call, which is counted.
    fn meets(&mut self, endpoint: &str, scope: &str) -> bool {
        let is_chosen = |chosen: &Option<String>, name| chosen.as_deref().is_none_or(|chosen| chosen == name);
        if self.times == 0 || !is_chosen(&self.endpoint, endpoint) || !is_chosen(&self.scope, scope) {
            return false;
        }
        self.seen += 1;
        let meets = self.seen > self.after && (self.seen - self.after).is_multiple_of(self.every);
        self.times -= u64::from(meets);
        meets
    }
}

/// The faults of a simulator. Only its owner switches them on.
///
/// Clones are the same faults.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Switches a fault on. The first rule that applies to a call decides.
    pub fn add(&self, rule: Rule) {
        self.0.lock().push(rule);
    }

    /// Switches all faults off.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// The fault of this call. Every rule counts it.
    pub(super) fn of(&self, endpoint: &str, scope: &str) -> Option<Fault> {
        let mut rules = self.0.lock();
        let mut met = None;
        for rule in rules.iter_mut() {
            let meets = rule.meets(endpoint, scope);
            met = met.or(meets.then_some(rule.fault));
        }
        rules.retain(|rule| rule.times > 0);
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_meets_only_the_calls_that_it_is_narrowed_down_to() {
        let faults = Faults::default();
        faults.add(Rule::new(Fault::Status(503)).on("GET /a").for_scope("x").after(1).times(2));
        let seen: Vec<bool> =
            [("GET /a", "y"), ("GET /b", "x"), ("GET /a", "x"), ("GET /a", "x"), ("GET /a", "x"), ("GET /a", "x")]
                .map(|(endpoint, scope)| faults.of(endpoint, scope).is_some())
                .into();
        assert_eq!(seen, [false, false, false, true, true, false]);
    }

    #[test]
    fn a_rule_can_meet_each_third_call() {
        let faults = Faults::default();
        faults.add(Rule::new(Fault::Hang).every(3));
        let seen: Vec<bool> = (0..7).map(|_| faults.of("GET /a", "").is_some()).collect();
        assert_eq!(seen, [false, false, true, false, false, true, false]);
    }
}
