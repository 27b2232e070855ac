//! How much a socket session may send.
//!
//! Owns the quota of inbound bytes: one for each session, and one for its address. It covers everything that a client
//! can send, including WebSocket control frames and packets other than events, since each costs work, however small.
//! Must not know what the bytes mean.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::Limits;
use crate::net::abortable::Meter;

/// The burst of a session: the largest message (100 kB) and a margin.
const SESSION_BURST: NonZeroU32 = NonZeroU32::new(128 * 1024).unwrap();
/// The sustained rate of a session: a sign-in has a few kilobytes, and a pong 7 bytes every 25 s.
const SESSION_RATE: NonZeroU32 = NonZeroU32::new(16 * 1024).unwrap();

type SessionLimiter = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// The quota of one Engine.IO session, whatever transports it uses.
pub struct InboundQuota {
    session: SessionLimiter,
    limits: Arc<Limits>,
    /// The client's address; `None` if addresses are not counted.
    address: Option<IpAddr>,
}

impl InboundQuota {
    /// The quota of a session from an address.
    pub fn new(limits: Arc<Limits>, address: Option<IpAddr>) -> Self {
        let quota = Quota::per_second(SESSION_RATE).allow_burst(SESSION_BURST);
        Self { session: RateLimiter::direct_with_clock(quota, MonotonicClock), limits, address }
    }

    /// Counts bytes against both quotas; returns how long to wait if they exceed one.
    pub fn take(&self, bytes: usize) -> Option<Duration> {
        let bytes = NonZeroU32::new(u32::try_from(bytes).unwrap_or(u32::MAX))?;
        self.of_session(bytes).or_else(|| self.limits.socket_bytes_from(self.address?, bytes))
    }

    fn of_session(&self, bytes: NonZeroU32) -> Option<Duration> {
        // More than a burst at once would never fit; no single read is that large.
        match self.session.check_n(bytes.min(SESSION_BURST)).ok()? {
            Ok(()) => None,
            Err(until) => Some(until.wait_time_from(MonotonicClock.now())),
        }
    }
}

impl Meter for InboundQuota {
    fn count(&self, bytes: usize) -> Option<Duration> {
        self.take(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LimitsConfig;

    fn quota(limits: &Arc<Limits>, address: &str) -> InboundQuota {
        InboundQuota::new(Arc::clone(limits), address.parse().ok())
    }

    #[test]
    fn a_session_that_has_sent_its_burst_waits_until_more_fits() {
        let limits = Arc::new(Limits::new(&LimitsConfig::default()));
        let quota = quota(&limits, "127.0.0.1");
        assert_eq!(quota.take(100_000), None, "the largest message fits at once");
        assert_eq!(quota.take(28 * 1024), None);
        let wait = quota.take(16 * 1024).expect("a pause");
        assert!((Duration::from_millis(500)..Duration::from_millis(1500)).contains(&wait), "{wait:?}");
    }

    #[test]
    fn the_sessions_of_an_address_share_a_quota_and_other_addresses_are_not_affected() {
        let limits = Arc::new(Limits::new(&LimitsConfig::default()));
        let fits = |address: &str| quota(&limits, address).take(64 * 1024).is_none();
        let sessions = (0..1000).take_while(|_| fits("198.51.100.1")).count();
        assert!((15..40).contains(&sessions), "1 MiB and little more, not {sessions} times 64 KiB");
        assert!(fits("198.51.100.2"));
    }
}
