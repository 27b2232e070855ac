//! Pages of transactions.
//!
//! Owns the cursor's form, the limits and what a bound means. Must not read any.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use wire::api::TransactionQuery;

use crate::store::{Error, Result};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;

/// How many transactions a page has at most.
pub(in crate::store) fn limit(query: &TransactionQuery) -> Result<u32> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if limit == 0 || limit > MAX_LIMIT {
        return Err(Error::Invalid("limit is not between 1 and 500"));
    }
    Ok(limit)
}

/// The number and the row that a page ended with.
pub(in crate::store) fn cursor(text: &str) -> Result<(i64, i64)> {
    text.split_once('.')
        .and_then(|(rank, id)| Some((rank.parse().ok()?, id.parse().ok()?)))
        .ok_or(Error::Invalid("before is no page's nextCursor"))
}

/// The day that a bound names, an instant's in its own offset: with it a day is compared, which is no instant.
pub(in crate::store) fn day_of(bound: &str) -> &str {
    bound.get(..10).unwrap_or(bound)
}

/// The milliseconds of an instant or of a day's beginning; as an upper bound, of what comes after it.
pub(in crate::store) fn bound(text: &str, upper: bool) -> Result<i64> {
    if let Some(millis) = wire::time::unix_millis(text) {
        return Ok(millis + i64::from(upper));
    }
    let invalid = Error::Invalid("from and to are RFC 3339 instants or days (YYYY-MM-DD)");
    let day = text.parse::<Date>().and_then(|day| if upper { day.tomorrow() } else { Ok(day) });
    let start = day.and_then(|day| day.to_zoned(TimeZone::UTC)).map_err(|_| invalid)?;
    Ok(start.timestamp().as_millisecond())
}
