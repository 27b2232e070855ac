//! The reports of a failed run and of the one after it.

use ledger::{Context, Plan, State};
use serde_json::Value;
use wire::events::SyncStats;
use wire::{SyncError, SyncErrorKind};

fn error(kind: SyncErrorKind) -> SyncError {
    SyncError { kind, reason: "it did not answer in time".to_owned(), at: "2026-11-25T12:00:00.000Z".to_owned() }
}

fn with_status(status: &str) -> State {
    ledger::register(&Context::example(), State::default(), Some(status), &[]).state
}

/// The connection's status, and its only event.
fn reported(plan: &Plan) -> (String, Value) {
    let [event] = plan.events.as_slice() else { panic!("{:?}", plan.events) };
    assert_eq!(event.name.as_str(), "connection:updated");
    let payload = serde_json::from_str(event.payload.get()).unwrap_or_default();
    (plan.state.connection.as_ref().map(|connection| connection.status.clone()).unwrap_or_default(), payload)
}

#[test]
fn each_failure_is_reported_with_its_reason_and_changes_the_status_where_the_person_has_to_act() {
    for (kind, status) in [
        (SyncErrorKind::Temporary, "active"),
        (SyncErrorKind::Configuration, "active"),
        (SyncErrorKind::Consent, "invalid"),
        (SyncErrorKind::Gone, "deleted"),
    ] {
        let mut state = with_status("active");
        for _ in 0..2 {
            let plan = ledger::sync_failed(&Context::example(), state, &error(kind));
            let (stored, payload) = reported(&plan);
            assert_eq!((stored.as_str(), &payload["status"]), (status, &Value::from(status)));
            assert_eq!(payload["lastError"]["reason"], "it did not answer in time");
            state = plan.state;
        }
    }
}

#[test]
fn a_status_that_a_failure_has_set_is_over_with_it_and_no_other() {
    for (kind, status, afterwards) in [
        (SyncErrorKind::Consent, "invalid", "active"),
        (SyncErrorKind::Gone, "deleted", "active"),
        (SyncErrorKind::Consent, "revoked", "revoked"),
        (SyncErrorKind::Temporary, "invalid", "invalid"),
    ] {
        let plan = ledger::sync_recovered(&Context::example(), with_status(status), &error(kind));
        let (stored, payload) = reported(&plan);
        assert_eq!((stored.as_str(), &payload["status"]), (afterwards, &Value::from(afterwards)), "{kind:?} {status}");
        assert_eq!(payload.get("lastError"), None);
    }
}

#[test]
fn a_run_after_a_complete_one_reports_its_end_alone() {
    let plan = ledger::synced(&Context::example(), with_status("active"), SyncStats::default());
    let names: Vec<_> = plan.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["sync:complete"]);
}
