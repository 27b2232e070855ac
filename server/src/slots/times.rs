//! How long registrations last.
//!
//! Owns the times. Must not wait.

use std::time::Duration;

/// How long registrations last.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long one is valid in the database: the slots of a dead node are free after this time.
    pub lasts: Duration,
    /// How much earlier a node that could not renew its registration gives up its slots.
    pub margin: Duration,
    /// How often it is renewed.
    pub every: Duration,
}

impl Default for Times {
    /// The database may be down for over 30 s without any client being disconnected; the slots of a dead node are free
    /// within 45 s.
    fn default() -> Self {
        Self { lasts: Duration::from_secs(43), margin: Duration::from_secs(3), every: Duration::from_secs(2) }
    }
}
