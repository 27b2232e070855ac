//! How long registrations last.
//!
//! Owns the times. Must not wait.

use std::time::Duration;

/// How long registrations last.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For how long one is valid in the database: the slots of a node that died are free after this time.
    pub lasts: Duration,
    /// How much sooner a node gives up its slots that could not renew its registration.
    pub margin: Duration,
    /// How often it is renewed.
    pub every: Duration,
}

impl Default for Times {
    /// The database may be away for more than 30 s, and nobody is disconnected; the slots of a dead node are free within 45 s.
    fn default() -> Self {
        Self { lasts: Duration::from_secs(43), margin: Duration::from_secs(3), every: Duration::from_secs(2) }
    }
}
