//! Pages of transactions.
//!
//! Owns the cursor's format, the limits and the meaning of a bound. Must not read any page.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use wire::api::TransactionQuery;

use crate::store::{Error, Result};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;

/// The maximum number of transactions of a page.
pub(in crate::store) fn limit(query: &TransactionQuery) -> Result<u32> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if limit == 0 || limit > MAX_LIMIT {
        return Err(Error::Invalid("limit is not between 1 and 500"));
    }
    Ok(limit)
}

/// The number and the row at which the previous page ended.
pub(in crate::store) fn cursor(text: &str) -> Result<(i64, i64)> {
    text.split_once('.')
        .and_then(|(rank, id)| Some((rank.parse().ok()?, id.parse().ok()?)))
        .ok_or(Error::Invalid("before is not the nextCursor of a page"))
}

/// The day of a bound; of an instant, the day in its own offset. It is compared with dates that are days, not instants.
pub(in crate::store) fn day_of(bound: &str) -> &str {
    bound.get(..10).unwrap_or(bound)
}

/// A bound in milliseconds: of an instant, or of the start of a day. An upper bound is exclusive: it is the next
/// millisecond or day.
pub(in crate::store) fn bound(text: &str, upper: bool) -> Result<i64> {
    if let Some(millis) = wire::time::unix_millis(text) {
        return Ok(millis + i64::from(upper));
    }
    let invalid = Error::Invalid("from and to must be RFC 3339 instants or days (YYYY-MM-DD)");
    let day = text.parse::<Date>().and_then(|day| if upper { day.tomorrow() } else { Ok(day) });
    let start = day.and_then(|day| day.to_zoned(TimeZone::UTC)).map_err(|_| invalid)?;
    Ok(start.timestamp().as_millisecond())
}
