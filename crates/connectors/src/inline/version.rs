//! How recent a report is, as its sender says.
//!
//! Owns the members that say so. Must not decide which of two reports is newer: `ledger` does.
//!
//! A time is in milliseconds since 1970, a row's version is its number: no row version is as large as a time. A day is
//! too coarse to order reports, and is not read; neither is anything else that is not an instant or a number.

use serde_json::value::RawValue;

use crate::dates;
use crate::json::{self, Document};

/// When a row was last changed, without case and punctuation: Apideck's `updated_at`, Basiq's `lastUpdated`, Xero's
/// `UpdatedDateUTC`.
const CHANGED: &[&str] = &[
    "updatedat",
    "updateddate",
    "updateddateutc",
    "updateddatetime",
    "updatedtime",
    "updatedon",
    "updated",
    "lastupdated",
    "lastupdatedat",
    "lastupdateddate",
    "lastupdatedtime",
    "lastupdate",
    "lastmodified",
    "lastmodifiedat",
    "lastmodifieddate",
    "lastmodifiedtime",
    "modifiedat",
    "modifieddate",
    "modifiedon",
    "modified",
    "lastchanged",
    "lastchangedat",
    "changedat",
];

/// Which version of a row it is: Apideck's `row_version`, QuickBooks' `SyncToken`.
const ROW_VERSIONS: &[&str] = &["rowversion", "version", "versionnumber", "revision", "synctoken"];

/// When an event happened, under names that only events use.
const EVENT_ONLY: &[&str] = &["eventtime", "eventtimestamp", "eventdate", "eventcreatedat", "eventcreated"];

/// When an event happened: Teller's `timestamp`, Wise's and Apideck's `occurred_at`.
const HAPPENED: &[&str] = &["timestamp", "occurredat", "occurred"];

/// When an event was created: Basiq's `createdDate`, Up's `createdAt`, Stripe's `created`. A row's never changes.
const CREATED: &[&str] = &["createddate", "createdat", "created"];

/// Row versions stay below this, and times in milliseconds since 1970 above it.
const SMALLEST_TIME: i64 = 100_000_000_000;
/// The largest time, in the year 9999: some senders use later ones for "never".
const LARGEST_TIME: i64 = 253_370_764_800_000;

/// The members with the time of an event, the most precise one first.
pub(super) fn event_times<'a>(document: &Document<'a>) -> Vec<&'a RawValue> {
    members(document, &[EVENT_ONLY, HAPPENED, CREATED].concat())
}

/// How recent a row is by its own members: when it was changed, else its version.
pub(crate) fn of_row(row: &Document<'_>) -> Option<i64> {
    let version = || members(row, ROW_VERSIONS).into_iter().find_map(row_version);
    members(row, CHANGED).into_iter().find_map(time).or_else(version)
}

/// When an event happened.
pub(crate) fn of_event(event: &Document<'_>) -> Option<i64> {
    event_times(event).into_iter().chain(members(event, CHANGED)).find_map(time)
}

/// When an event happened, for a body that contains a row with its own times: the time of creation does not count.
pub(super) fn of_report(report: &Document<'_>) -> Option<i64> {
    members(report, &[EVENT_ONLY, HAPPENED, CHANGED].concat()).into_iter().find_map(time)
}

/// When an event happened, for a body that contains a whole transaction, whose times say when money moved.
pub(super) fn of_named_event(event: &Document<'_>) -> Option<i64> {
    members(event, EVENT_ONLY).into_iter().find_map(time)
}

/// The values of the members with these names, in the order of the names.
fn members<'a>(document: &Document<'a>, names: &[&str]) -> Vec<&'a RawValue> {
    let mut found: Vec<(usize, &'a RawValue)> = document
        .members()
        .filter(|member| !json::is_absent(member.raw))
        .filter_map(|member| Some((names.iter().position(|known| *known == member.plain)?, member.raw)))
        .collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, raw)| raw).collect()
}

/// An instant, or seconds or milliseconds since 1970.
fn time(raw: &RawValue) -> Option<i64> {
    let text = json::text(raw);
    let millis = match number(raw, text.as_deref()) {
        Some(seconds) if seconds < SMALLEST_TIME => seconds.checked_mul(1000)?,
        Some(millis) => millis,
        None => dates::millis(text.as_deref()?)?,
    };
    (SMALLEST_TIME..LARGEST_TIME).contains(&millis).then_some(millis)
}

fn row_version(raw: &RawValue) -> Option<i64> {
    number(raw, json::text(raw).as_deref()).filter(|version| *version < SMALLEST_TIME)
}

/// Digits only, bare or in a string.
fn number(raw: &RawValue, text: Option<&str>) -> Option<i64> {
    let digits = text.unwrap_or(raw.get()).trim();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;

    fn row(json: &str) -> Option<i64> {
        of_row(&Document::open(read(json.as_bytes()).unwrap()).unwrap().unwrap())
    }

    #[test]
    fn a_rows_own_time_comes_before_its_version() {
        let at = 1_795_169_100_000;
        for (json, version) in [
            (r#"{"updatedAt":"2026-11-20T10:05:00Z","row_version":"7"}"#, Some(at)),
            (r#"{"last_updated":"2026-11-20T21:05:00.250+11:00"}"#, Some(at + 250)),
            (r#"{"UpdatedDateUTC":"2026-11-20T10:05:00"}"#, Some(at)),
            (r#"{"lastModified":1795169100}"#, Some(at)),
            (r#"{"lastModified":"1795169100000"}"#, Some(at)),
            (r#"{"updated_at":null,"row_version":"7"}"#, Some(7)),
            (r#"{"rowVersion":12}"#, Some(12)),
        ] {
            assert_eq!(row(json), version, "{json}");
        }
    }

    #[test]
    fn what_does_not_order_reports_is_no_version() {
        for json in [
            "{}",
            r#"{"updatedAt":"2026-11-20"}"#,
            r#"{"updatedAt":"yesterday"}"#,
            r#"{"updatedAt":"9999-12-31T23:59:59Z"}"#,
            r#"{"updatedAt":-5}"#,
            r#"{"updatedAt":1.5}"#,
            r#"{"updatedAt":99999999999999999999}"#,
            r#"{"updatedAt":{"seconds":1}}"#,
            r#"{"row_version":"1-12345"}"#,
            r#"{"row_version":"0x01"}"#,
            r#"{"version":1795169100000}"#,
            r#"{"createdAt":"2026-11-20T10:05:00Z"}"#,
        ] {
            assert_eq!(row(json), None, "{json}");
        }
    }
}
