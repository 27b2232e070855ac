//! Particulars of one provider's bodies and answers, in addition to its fixtures.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use common::bodies::{changes, means, transactions};
use common::senders::signed;
use common::{NOW, SECRET, at, connector, settings, stored};
use connectors::{Meaning, NoKeys, Registry, Response};
use ledger::Update;

/// The meaning of a Stripe object inside an event.
fn stripe(event: &str, object: &str) -> Result<Vec<ledger::Change>, String> {
    let body = format!(
        r#"{{"id":"evt_1","object":"event","created":1721954070,"type":"{event}","account":"acct_1","data":{{"object":{object}}}}}"#
    );
    changes("stripe", &body)
}

#[test]
fn money_of_a_treasury_account_goes_the_way_of_its_flow() {
    for (flow, status, amount) in [
        ("received_credit", "succeeded", "12.50"),
        ("received_debit", "succeeded", "-12.50"),
        ("outbound_payment", "posted", "-12.50"),
        ("outbound_transfer", "processing", "-12.50"),
        ("inbound_transfer", "succeeded", "12.50"),
        ("credit_reversal", "posted", "-12.50"),
        ("debit_reversal", "completed", "12.50"),
    ] {
        let object = format!(
            r#"{{"id":"f1","amount":1250,"currency":"usd","created":1721948540,"financial_account":"fa_1","status":"{status}"}}"#
        );
        let changes = stripe(&format!("treasury.{flow}.created"), &object).unwrap();
        let [ledger::Change { update: Update::Transaction(new), .. }] = changes.as_slice() else { panic!("{flow}") };
        assert_eq!(new.amount.to_string(), amount, "{flow}");
        let reason = stripe(&format!("treasury.{flow}.created"), &object.replace("1250", "-1250")).unwrap_err();
        assert!(reason.contains("negative"), "{reason}");
        let reason = stripe(&format!("treasury.{flow}.created"), &object.replace(status, "new")).unwrap_err();
        assert!(reason.contains("status"), "{reason}");
    }
}

#[test]
fn a_flow_that_failed_or_went_back_is_no_transaction_any_more() {
    for status in ["failed", "canceled", "returned"] {
        let object = format!(r#"{{"id":"f1","financial_account":"fa_1","status":"{status}"}}"#);
        let changes = stripe("treasury.outbound_payment.failed", &object).unwrap();
        assert!(matches!(&changes[..], [ledger::Change { update: Update::TransactionDeleted { .. }, .. }]), "{status}");
    }
}

#[test]
fn an_amount_that_is_no_whole_number_of_cents_is_refused() {
    let object =
        r#"{"id":"i1","amount":12.5,"currency":"usd","created":1721948540,"card":"ic_1","cardholder":"ich_1"}"#;
    let reason = stripe("issuing_transaction.created", object).unwrap_err();
    assert_eq!(reason, "the amount is not a whole number of the smallest units");
}

#[test]
fn an_event_of_stripes_second_api_is_kept() {
    let body = r#"{"id":"evt_1","object":"v2.core.event","type":"v2.core.account.created"}"#;
    assert_eq!(changes("stripe", body).unwrap_err(), "the body is not an event of Stripe's API v1");
}

#[test]
fn events_without_an_account_are_those_of_the_account_that_is_configured() {
    let with = |id: &str, setting: &str, value: &str, body: &[u8]| {
        let registry = Registry::new(&settings(&[SECRET]).with(setting, [value]));
        registry.get(id).unwrap().understand(stored(body).authentic()).unwrap()
    };
    let body = include_bytes!("fixtures/stripe/balance-of-no-named-account.json");
    let Meaning::Changes { connection_id, .. } = with("stripe", "STRIPE_ACCOUNT", "acct_own", body) else {
        panic!("not understood")
    };
    assert_eq!(connection_id, "acct_own");
    let body = include_bytes!("fixtures/gocardless/payment-of-no-named-organisation.json");
    let Meaning::Fetch { connection_id, .. } = with("gocardless", "GOCARDLESS_ORGANISATION", "OR1", body) else {
        panic!("not a notification")
    };
    assert_eq!(connection_id.as_deref(), Some("OR1"));
}

fn wise(members: &str) -> String {
    format!(
        r#"{{"data":{{"resource":{{"id":2,"profile_id":3}},"balance_id":4,"currency":"GBP","occurred_at":"2023-03-08T15:26:07Z",{members}}},"subscription_id":"s","event_type":"balances#update","schema_version":"3.0.0","sent_at":"2023-03-08T15:26:08Z"}}"#
    )
}

#[test]
fn money_of_wise_goes_the_way_that_is_named_and_no_other() {
    for (way, amount) in [("debit", "-9.60"), ("CREDIT", "9.60")] {
        let new = transactions("wise", &wise(&format!(r#""amount":9.60,"step_id":1,"transaction_type":"{way}""#)));
        assert_eq!(new.unwrap()[0].amount.to_string(), amount, "{way}");
    }
    for members in [
        r#""amount":9.60,"step_id":1,"transaction_type":"sideways""#,
        r#""amount":9.60,"step_id":1"#,
        r#""amount":-9.60,"step_id":1,"transaction_type":"debit""#,
        r#""amount":"9,60","step_id":1,"transaction_type":"debit""#,
        r#""step_id":1,"transaction_type":"debit""#,
        r#""amount":9.60,"transaction_type":"debit""#,
    ] {
        assert!(changes("wise", &wise(members)).is_err(), "{members}");
    }
}

#[test]
fn a_movement_of_wise_is_known_again_by_its_step_or_by_what_it_left() {
    let id = |members: &str| transactions("wise", &wise(members)).unwrap().remove(0).transaction_id;
    assert_eq!(id(r#""amount":1,"step_id":7,"transfer_reference":"R","transaction_type":"debit""#), "R:7");
    assert_eq!(id(r#""amount":1,"step_id":7,"transaction_type":"debit""#), "step:7");
    let left = r#""amount":1,"post_transaction_balance_amount":5.5,"transaction_type":"debit""#;
    assert_eq!(id(left), "2023-03-08T15:26:07Z:debit:1:5.5");
}

#[test]
fn a_delivery_of_wise_is_known_again_whenever_it_is_sent() {
    let wise_connector = connector("wise", &[SECRET]);
    let key = |body: &str| {
        let sent = signed(&*wise_connector, SECRET, "", body.as_bytes(), NOW);
        wise_connector.verify(sent, &NoKeys, at(NOW)).unwrap().key().to_owned()
    };
    let body = wise(r#""amount":1,"step_id":7,"transaction_type":"debit""#);
    assert_eq!(key(&body), key(&body.replace("15:26:08Z", "18:00:00Z")));
    for (one, other) in [(r#""step_id":7"#, r#""step_id":8"#), (r#""s""#, r#""t""#), ("#update", "#credit")] {
        assert_ne!(key(&body), key(&body.replace(one, other)), "{other}");
    }
}

#[test]
fn a_delivery_of_gocardless_is_known_again_by_its_events() {
    let gocardless = connector("gocardless", &[SECRET]);
    let key = |body: &str| {
        let sent = signed(&*gocardless, SECRET, "", body.as_bytes(), NOW);
        gocardless.verify(sent, &NoKeys, at(NOW)).unwrap().key().to_owned()
    };
    let first = key(r#"{"events":[{"id":"EV1"},{"id":"EV2"}],"meta":{"webhook_id":"WB1"}}"#);
    assert_eq!(first, key(r#"{"events":[{"id":"EV1"},{"id":"EV2"}],"meta":{"webhook_id":"WB2"}}"#));
    assert_ne!(first, key(r#"{"events":[{"id":"EV1"}],"meta":{"webhook_id":"WB1"}}"#));
    assert_ne!(key(r#"{"events":[]}"#), key(r#"{"events":[],"x":1}"#));
}

#[test]
fn gocardless_and_xero_get_the_answers_that_they_insist_on() {
    let gocardless = connector("gocardless", &[SECRET]).responses();
    assert_eq!((gocardless.bad_signature, gocardless.accepted), (Response::json(498), Response::json(200)));
    let xero = connector("xero", &[SECRET]).responses();
    assert_eq!((xero.accepted, xero.bad_signature), (Response::empty(200), Response::empty(401)));
    assert_eq!((xero.malformed, xero.unavailable), (Response::empty(400), Response::empty(503)));
}

#[test]
fn a_subscription_of_akahu_without_a_state_names_no_connection() {
    for state in ["", r#""state":null,"#, r#""state":"","#] {
        let deleted = format!(r#"{{"webhook_type":"TOKEN","webhook_code":"DELETE",{state}"item_id":"t1"}}"#);
        assert!(changes("akahu", &deleted).unwrap_err().contains("state"), "{deleted}");
        let updated = format!(r#"{{"webhook_type":"ACCOUNT","webhook_code":"UPDATE",{state}"item_id":"a1"}}"#);
        assert!(matches!(means("akahu", &updated), Meaning::Fetch { connection_id: None, .. }), "{updated}");
    }
}
