//! Dates: which of several counts, and whether it is a day.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::{basiq, dated, transactions};

fn of(members: &str) -> Result<(&'static str, String), String> {
    Ok(dated(&basiq(&format!(r#""amount":"-1",{members}"#))?))
}

fn own(text: &str) -> Result<(&'static str, String), String> {
    Ok(("its own", text.to_owned()))
}

#[test]
fn the_first_date_that_is_told_counts_and_without_one_the_events_time() {
    let event = Ok(("the event's", "2026-11-20T10:05:00Z Instant".to_owned()));
    for (members, expected) in [
        (r#""status":"pending","postDate":null,"transactionDate":"""#, event.clone()),
        (r#""transactionDate":"  ""#, event.clone()),
        (r#""status":"pending""#, event),
        (r#""transactionDate":"","postDate":"2026-11-19""#, own("2026-11-19T00:00:00Z Day")),
        (r#""transactionDate":null,"postDate":"2026-11-19T01:02:03Z""#, own("2026-11-19T01:02:03Z Instant")),
        (r#""transactionDate":"2026-11-18","postDate":"2026-11-19""#, own("2026-11-18T00:00:00Z Day")),
    ] {
        assert_eq!(of(members), expected, "{members}");
    }
}

#[test]
fn where_nothing_tells_the_time_of_arrival_is_left_to_the_store() {
    for time in ["", r#""timestamp":"","#, r#""timestamp":null,"#] {
        let body = format!(
            r#"{{"event":"transaction.created",{time}"connectionId":"c1","data":{{"transaction":{{"id":"t","accountId":"a","amount":1}}}}}}"#
        );
        assert_eq!(dated(&transactions("basiq", &body).unwrap()[0]).0, "the arrival's", "{time}");
    }
}

#[test]
fn a_date_that_is_there_and_is_none_is_kept_and_not_replaced() {
    for (members, reason) in [
        (r#""transactionDate":"soon","postDate":"2026-11-19""#, "the transaction's date is not a date"),
        (r#""transactionDate":1763600000,"postDate":"2026-11-19""#, "the transaction's date is not a string"),
        (r#""postDate":"19/11/2026""#, "the transaction's date is not a date"),
        (r#""date":{"value":"2026-11-19"}"#, "the transaction's date is not a string"),
    ] {
        assert_eq!(of(members), Err(reason.to_owned()), "{members}");
    }
    let body = r#"{"event":"transaction.created","timestamp":"noon","connectionId":"c1","data":{"transaction":{"id":"t","accountId":"a","amount":1}}}"#;
    assert_eq!(transactions("basiq", body).unwrap_err(), "the time of the event is not a date");
}

#[test]
fn a_day_and_the_instant_at_its_beginning_are_told_apart() {
    assert_eq!(of(r#""transactionDate":"2025-11-13""#), own("2025-11-13T00:00:00Z Day"));
    assert_eq!(of(r#""transactionDate":"2025-11-13T00:00:00Z""#), own("2025-11-13T00:00:00Z Instant"));
    assert_eq!(of(r#""transactionDate":"2025-11-13T00:00:00.000+00:00""#), own("2025-11-13T00:00:00Z Instant"));
}
