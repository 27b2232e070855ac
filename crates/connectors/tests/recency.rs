//! How recent a report is, as its sender says: the ledger orders reports by it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::changes;
use ledger::Update;
use proptest::prelude::*;

/// 2026-11-20T10:05:00Z
const TEN_OH_FIVE: i64 = 1_795_169_100_000;
const MINUTE: i64 = 60_000;

/// The versions of a body's changes.
fn versions(connector: &str, body: &str) -> Vec<Option<i64>> {
    changes(connector, body).expect("understood").into_iter().map(|change| change.version).collect()
}

/// A body of Basiq around members of the envelope and of the transaction.
fn basiq(event: &str, envelope: &str, row: &str) -> Vec<Option<i64>> {
    versions(
        "basiq",
        &format!(
            r#"{{"event":"{event}"{envelope},"data":{{"connectionId":"c1","transaction":{{"id":"t1","account":"a1","amount":"-1","transactionDate":"2026-11-20"{row}}}}}}}"#
        ),
    )
}

#[test]
fn the_time_of_the_event_is_the_version_of_what_it_reports() {
    for envelope in [
        r#","timestamp":"2026-11-20T10:05:00Z""#,
        r#","createdDate":"2026-11-20T21:05:00+11:00""#,
        r#","created":1795169100"#,
        r#","created_at":"2026-11-20T10:05:00.000Z""#,
        r#","eventTime":"2026-11-20T10:05:00Z""#,
        r#","occurred_at":"2026-11-20T10:05:00Z""#,
        r#","occurredAt":"1795169100000""#,
        r#","updated_at":"2026-11-20T10:05:00Z""#,
    ] {
        assert_eq!(basiq("transaction.updated", envelope, ""), [Some(TEN_OH_FIVE)], "{envelope}");
    }
}

#[test]
fn a_report_without_a_time_has_no_version() {
    assert_eq!(basiq("transaction.updated", "", ""), [None]);
    assert_eq!(
        basiq("transaction.updated", r#","sent_at":"2026-11-20T10:05:00Z""#, ""),
        [None],
        "each attempt has its own"
    );
    assert_eq!(basiq("transaction.updated", "", r#","createdAt":"2026-11-20T10:05:00Z""#), [None], "it never changes");
}

#[test]
fn a_rows_own_value_comes_before_the_envelopes() {
    let envelope = r#","timestamp":"2026-11-20T10:05:00Z""#;
    let row = r#","updatedAt":"2026-11-20T10:01:00Z""#;
    assert_eq!(basiq("transaction.updated", envelope, row), [Some(TEN_OH_FIVE - 4 * MINUTE)]);
    assert_eq!(basiq("transaction.updated", envelope, r#","row_version":"12""#), [Some(12)]);
    assert_eq!(basiq("transaction.updated", envelope, r#","row_version":"1-12345""#), [Some(TEN_OH_FIVE)]);
}

#[test]
fn a_deletion_is_as_recent_as_its_event_whatever_the_row_said_before() {
    let envelope = r#","timestamp":"2026-11-20T10:05:00Z""#;
    for row in [r#","updatedAt":"2026-11-20T10:01:00Z""#, r#","row_version":"12""#, ""] {
        assert_eq!(basiq("transaction.deleted", envelope, row), [Some(TEN_OH_FIVE)], "{row}");
    }
    assert_eq!(basiq("transaction.deleted", "", r#","row_version":"12""#), [Some(12)]);
}

#[test]
fn an_account_and_a_balance_have_their_own_time() {
    let body = r#"{"event":"transaction.created","timestamp":"2026-11-20T10:05:00Z","data":{"connectionId":"c1",
        "transaction":{"id":"t1","account":"a1","amount":"-1","date":"2026-11-20"},
        "account":{"id":"a1","balance":"7.00","lastUpdated":"2026-11-20T10:01:00Z"}}}"#;
    assert_eq!(versions("basiq", body), [Some(TEN_OH_FIVE), Some(TEN_OH_FIVE - 4 * MINUTE)]);
    let body = r#"{"event":"balance.updated","data":{"connectionId":"c1","accountId":"a1","balance":"7.00","occurred_at":"2026-11-20T10:05:00Z"}}"#;
    assert_eq!(versions("basiq", body), [Some(TEN_OH_FIVE)]);
}

#[test]
fn a_status_is_as_recent_as_the_event_that_names_it_else_as_the_connection() {
    let body = |event: &str| {
        format!(
            r#"{{"payload":{{"event_type":"vault.connection.{event}","entity_id":"c1","occurred_at":"2026-11-20T10:05:00Z","entity":{{"id":"c1","state":"callable","updated_at":"2026-11-20T10:01:00Z"}}}}}}"#
        )
    };
    assert_eq!(versions("apideck", &body("deleted")), [Some(TEN_OH_FIVE)]);
    assert_eq!(versions("apideck", &body("updated")), [Some(TEN_OH_FIVE - 4 * MINUTE)]);
    let linked = r#"{"eventTypeId":"connection.invalidated","createdDate":"2026-11-20T10:05:00Z","links":{"eventEntity":"https://au-api.basiq.io/users/u/connections/c"}}"#;
    assert_eq!(versions("basiq", linked), [Some(TEN_OH_FIVE)]);
}

#[test]
fn members_beside_the_events_name_are_the_transactions_own() {
    let body = |members: &str| {
        format!(
            r#"{{"event":"transaction.created","connectionId":"c1","transactionId":"t1","accountId":"a1","amount":-1,{members}}}"#
        )
    };
    let happened = body(r#""timestamp":"2026-11-20T10:05:00Z","createdAt":"2026-11-20T10:05:00Z""#);
    assert_eq!(versions("basiq", &happened), [None], "they say when money moved");
    assert_eq!(versions("basiq", &body(r#""eventTime":"2026-11-20T10:05:00Z""#)), [Some(TEN_OH_FIVE)]);
    assert_eq!(versions("basiq", &body(r#""updatedAt":"2026-11-20T10:05:00Z""#)), [Some(TEN_OH_FIVE)]);
}

#[test]
fn each_of_several_transactions_has_its_own_version() {
    let body = r#"{"event":"transactions.updated","connectionId":"c1","timestamp":"2026-11-20T10:05:00Z","data":{"transactions":[
        {"id":"t1","accountId":"a1","amount":-1,"date":"2026-11-20","row_version":3},
        {"id":"t2","accountId":"a1","amount":-1,"date":"2026-11-20"}]}}"#;
    assert_eq!(versions("basiq", body), [Some(3), Some(TEN_OH_FIVE)]);
}

#[test]
fn beside_an_array_of_transactions_everything_is_the_events() {
    let body = r#"{"event":"transactions.updated","connectionId":"c1","createdDate":"2026-11-20T10:05:00Z","data":[
        {"id":"t1","accountId":"a1","amount":-1,"date":"2026-11-20"}]}"#;
    assert_eq!(versions("basiq", body), [Some(TEN_OH_FIVE)]);
}

#[test]
fn a_version_that_cannot_be_read_refuses_nothing() {
    for row in [r#","updatedAt":"soon""#, r#","updatedAt":{}"#, r#","row_version":[]"#, r#","version":"2.0""#] {
        let changes = basiq("transaction.updated", "", row);
        assert_eq!(changes, [None], "{row}");
    }
}

proptest! {
    #[test]
    fn the_later_of_two_events_has_the_larger_version(one in 0_i64..4_000_000_000, other in 0_i64..4_000_000_000) {
        let version = |second: i64| {
            let time = jiff::Timestamp::from_second(second + 200_000_000).unwrap();
            basiq("transaction.updated", &format!(r#","timestamp":"{time}""#), "")[0].unwrap()
        };
        prop_assert_eq!(version(one).cmp(&version(other)), one.cmp(&other));
    }
}

#[test]
fn the_ledger_keeps_the_newer_report_whichever_arrives_first() {
    let report = |time: &str, amount: &str, status: &str| {
        let body = format!(
            r#"{{"event":"transaction.updated","timestamp":"2026-11-20T{time}:00Z","data":{{"connectionId":"c1","transaction":{{"id":"t1","account":"a1","amount":"{amount}","date":"2026-11-20","status":"{status}"}}}}}}"#
        );
        changes("basiq", &body).expect("understood")
    };
    let (newer, older) = (report("10:05", "-12.50", "posted"), report("10:01", "-10.00", "pending"));
    assert!(matches!(newer[0].update, Update::Transaction(_)));
    let context = ledger::Context::example();
    let plan = ledger::apply(&context, ledger::State::default(), &newer);
    let context = ledger::Context { arrival: 2, ..context };
    let plan = ledger::apply(&context, plan.state, &older);
    assert!(plan.events.is_empty(), "the older one changes nothing");
    assert_eq!(plan.applied.stale, 1);
}
