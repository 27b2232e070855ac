//! When Plaid retries.
//!
//! Owns the schedule. Must not wait.

use std::time::Duration;

use crate::webhooks::Schedule;

/// Anything but 200 within 10 seconds is a failure; the first pause is 30 s, each further one four times as long, for
/// up to 24 hours (<https://support.plaid.com/hc/en-us/articles/40390675922967>). Not simulated: Plaid stops retrying
/// if nine of ten attempts of that day were refused.
pub(super) fn schedule() -> Schedule {
    let pauses = (0..6).map(|step| Duration::from_secs(30 * 4_u64.pow(step)));
    Schedule { pauses: pauses.collect(), timeout: Duration::from_secs(10), any_2xx: false, ends_subscription: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attempts_end_within_a_day_and_one_more_would_not() {
        let total: Duration = schedule().pauses.iter().sum();
        let day = Duration::from_secs(24 * 3600);
        assert!(total <= day && total + Duration::from_secs(30 * 4_u64.pow(6)) > day, "{total:?}");
    }
}
