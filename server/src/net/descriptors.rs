//! The process's limit of file descriptors.
//!
//! Owns raising it, and how many connections fit in it. Must not count connections.

/// Reserved for everything that is not a client connection: the store, the log, the core app, listening.
const RESERVED: u64 = 128;
/// Below this limit, a server runs out of descriptors before any other resource.
pub const FEW: u64 = 4096;

/// Raises the soft limit to the hard one; returns the resulting limit. Services start with 1,024, for compatibility
/// with programs that call `select` (man 2 select).
pub fn raise_limit() -> u64 {
    let raised = rlimit::increase_nofile_limit(u64::MAX);
    raised.unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files could not be raised");
        current_limit()
    })
}

fn current_limit() -> u64 {
    rlimit::Resource::NOFILE.get_soft().unwrap_or(1024)
}

/// How many connections the process can have at once.
pub fn capacity() -> u32 {
    connections_within(current_limit())
}

fn connections_within(limit: u64) -> u32 {
    let free = limit.saturating_sub(RESERVED).max(limit / 2);
    // No machine has this many connections, and some limits mean "unlimited".
    u32::try_from(free).unwrap_or(u32::MAX).min(4_000_000)
}

#[cfg(test)]
mod tests {
    use super::connections_within;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(connections_within(1024), 896);
        assert_eq!(connections_within(100), 50);
        assert_eq!(connections_within(u64::MAX), 4_000_000);
    }
}
