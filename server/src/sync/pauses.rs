//! Pauses that providers require.
//!
//! Owns how long each scope is paused. Must not survive a restart: the provider then repeats the pause.

use std::time::Duration;

use connectors::Headers;
use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};

/// The pause after a 429 that does not name one.
const DEFAULT: Duration = Duration::from_secs(30);
/// The longest pause that is accepted.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The number of stored scopes at which ended pauses are dropped.
const MOST: usize = 10_000;

/// When each scope may be called again.
#[derive(Default)]
pub(super) struct Pauses(DashMap<String, Timestamp>);

impl Pauses {
    /// When this scope may be called again; `None` if it may be called now.
    pub(super) fn until(&self, scope: &str, now: Timestamp) -> Option<Timestamp> {
        self.0.get(scope).map(|until| *until).filter(|until| *until > now)
    }

    /// Stores the pause that an answer requires, for the scope that the call counts against.
    pub(super) fn note(&self, scope: &str, status: u16, headers: &Headers, now: Timestamp) {
        let pause = match status {
            429 => Some(retry_after(headers, now).or_else(|| downstream(headers, now)).unwrap_or(DEFAULT)),
            503 => retry_after(headers, now),
            // Apideck passes on the budget of the application behind it (Unify's guide to rate limits).
            _ if headers.get("x-downstream-ratelimit-remaining") == Some("0") => downstream(headers, now),
            _ => None,
        };
        let Some(pause) = pause.map(|pause| pause.min(LONGEST)).filter(|pause| !pause.is_zero()) else { return };
        let until = now.saturating_add(SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX));
        let Ok(until) = until else { return };
        if self.0.len() >= MOST {
            self.0.retain(|_, until| *until > now);
        }
        self.0.insert(scope.to_owned(), until);
    }
}

/// `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &Headers, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    from_now(date.timestamp(), now)
}

/// `x-downstream-ratelimit-reset`: seconds, a date, or the time in seconds since 1970.
fn downstream(headers: &Headers, now: Timestamp) -> Option<Duration> {
    /// No reset is this many seconds away: a number from here on is a time since 1970.
    const SMALLEST_TIME: i64 = 1_000_000_000;
    let text = headers.get("x-downstream-ratelimit-reset")?;
    match text.parse::<i64>() {
        Ok(seconds @ 0..SMALLEST_TIME) => Some(Duration::from_secs(seconds.unsigned_abs())),
        Ok(seconds) => from_now(Timestamp::from_second(seconds).ok()?, now),
        Err(_) => from_now(text.parse().ok()?, now),
    }
}

fn from_now(until: Timestamp, now: Timestamp) -> Option<Duration> {
    Duration::try_from(until.duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(status: u16, headers: &[(&str, &str)]) -> Option<i64> {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
        let pauses = Pauses::default();
        pauses.note("one", status, &headers.iter().copied().collect(), now);
        assert_eq!(pauses.until("another", now), None);
        pauses.until("one", now).map(|until| until.duration_since(now).as_secs())
    }

    #[test]
    fn a_pause_is_as_long_as_the_answer_says() {
        for (status, headers, seconds) in [
            (200, vec![], None),
            (500, vec![], None),
            (429, vec![], Some(30)),
            (429, vec![("retry-after", "7")], Some(7)),
            (429, vec![("Retry-After", "Fri, 20 Nov 2026 10:01:00 GMT")], Some(60)),
            (429, vec![("retry-after", "Fri, 20 Nov 2026 09:59:00 GMT")], Some(30)),
            (429, vec![("retry-after", "99999999999")], Some(86_400)),
            (429, vec![("retry-after", "soon")], Some(30)),
            (503, vec![("retry-after", "120")], Some(120)),
            (200, vec![("x-downstream-ratelimit-remaining", "0"), ("x-downstream-ratelimit-reset", "15")], Some(15)),
            (200, vec![("x-downstream-ratelimit-remaining", "1"), ("x-downstream-ratelimit-reset", "15")], None),
            (429, vec![("x-downstream-ratelimit-reset", "1795168860")], Some(60)),
            (429, vec![("x-downstream-ratelimit-reset", "2026-11-20T10:00:05Z")], Some(5)),
        ] {
            assert_eq!(pause(status, &headers), seconds, "{status} {headers:?}");
        }
    }
}
