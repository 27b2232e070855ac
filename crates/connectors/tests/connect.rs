//! Connecting a bank: the calls and the interpretation of their answers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;

use common::api::{Script, ready};
use connectors::connect::{Again, Attempt, Connect, Connected, Outcome, Returned};
use connectors::fetch::{Credentials, FetchError, LinkedConnection};
use connectors::{Provider, Registry, Settings};
use serde_json::{Value, json};

const USER: &str = "u-1";

fn provider(id: &str) -> std::sync::Arc<dyn Provider> {
    let settings = Settings::default()
        .with("BASIQ_API_KEY", ["key"])
        .with("APIDECK_API_KEY", ["key"])
        .with("APIDECK_APP_ID", ["app"])
        .with("PLAID_CLIENT_ID", ["client"])
        .with("PLAID_SECRET", ["secret"])
        .with("PLAID_COUNTRY_CODES", ["US, ca"]);
    Registry::new(&settings).get(id).unwrap().clone()
}

fn attempt<'a>(server: Option<&'a str>, again: Option<Again<'a>>) -> Attempt<'a> {
    Attempt { user: USER, state: "s&1", server, again, history_days: 5000 }
}

fn linked<'a>(id: &'a str, credentials: &'a Credentials) -> LinkedConnection<'a> {
    LinkedConnection { id, external_user_id: Some(USER), credentials }
}

fn outcome(id: &str, answers: Vec<Value>, parameters: &[(&str, &str)]) -> Result<Outcome, FetchError> {
    let parameters: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let returned = Returned { user: USER, parameters: &parameters, token: Some("link-1"), again: None };
    let provider = provider(id);
    ready(connect(provider.as_ref()).outcome(&Script::pages(answers), &returned))
}

fn connect(provider: &dyn Provider) -> &dyn Connect {
    provider.connect().unwrap()
}

fn token() -> Value {
    json!({ "access_token": "t/1", "expires_in": 3600, "token_type": "Bearer" })
}

fn job(statuses: [&str; 2], source: &str) -> Value {
    let steps: Vec<_> = statuses.iter().map(|status| json!({ "title": "a step", "status": status })).collect();
    json!({ "type": "job", "steps": steps, "links": { "source": source } })
}

#[test]
fn basiqs_consent_page_is_opened_to_connect_to_extend_or_to_authorise_again_and_never_to_update() {
    let (provider, credentials) = (provider("basiq"), Credentials::default());
    let again = |is_active| Some(Again { connection: linked("c-1", &credentials), is_active });
    for (again, rest) in [
        (None, "action=connect"),
        (again(true), "action=extend&connectionId=c-1"),
        (again(false), "action=reauthorise&connectionId=c-1"),
    ] {
        let api = Script::pages([token()]);
        let began = ready(connect(&*provider).begin(&api, &attempt(None, again))).unwrap();
        assert_eq!(began.url, format!("https://consent.basiq.io/home?token=t%2F1&state=s%261&{rest}"));
        assert_eq!(api.asked(), ["POST token"]);
    }
}

#[test]
fn a_job_of_basiq_is_waited_for_until_each_step_has_succeeded_or_one_has_failed() {
    let source = "https://au-api.basiq.io/users/u-1/connections/c-1";
    let unnamed = || json!({ "institution": null });
    let named = || {
        let external_user_id = Some(USER.to_owned());
        vec![Connected { id: "c-1".to_owned(), external_user_id, ..Connected::default() }]
    };
    let of = |statuses| outcome("basiq", vec![job(statuses, source), unnamed()], &[("jobId", "j-1")]).unwrap();
    assert_eq!(of(["success", "in-progress"]), Outcome::Waiting { named: named() });
    assert_eq!(of(["success", "success"]), Outcome::Ready(named()));
    assert!(matches!(of(["failed", "pending"]), Outcome::Failed { .. }));
    assert_eq!(outcome("basiq", vec![], &[("jobId", " ")]).unwrap(), Outcome::Declined);
    assert_eq!(outcome("basiq", vec![], &[("jobIds", "../users, ?x")]).unwrap(), Outcome::Declined);
    for elsewhere in
        ["https://au-api.basiq.io/users/u-2/connections/c-1", "https://evil.example/users/u-1/connections/c-1"]
    {
        let refused = outcome("basiq", vec![job(["success", "success"], elsewhere)], &[("jobId", "j-1")]);
        assert!(matches!(refused, Err(FetchError::NotUnderstood { .. })), "{elsewhere}");
    }
}

#[test]
fn a_consent_of_basiq_that_was_extended_without_a_job_is_as_good_as_its_connection() {
    let (provider, credentials, nothing) = (provider("basiq"), Credentials::default(), BTreeMap::new());
    let again = Some(linked("c-1", &credentials));
    let returned = Returned { user: USER, parameters: &nothing, token: None, again };
    let of = |status: &str| {
        let api = Script::pages([json!({ "id": "c-1", "status": status })]);
        let outcome = ready(connect(&*provider).outcome(&api, &returned)).unwrap();
        assert_eq!(api.asked(), ["GET users/u-1/connections/c-1"]);
        outcome
    };
    let connected = Connected { id: "c-1".to_owned(), external_user_id: Some(USER.to_owned()), ..Connected::default() };
    assert_eq!(of("active"), Outcome::Ready(vec![connected]));
    assert_eq!(of("invalid"), Outcome::Declined);
}

#[test]
fn apidecks_connections_count_when_they_can_be_called() {
    let connection = |service: &str, state: &str, enabled: bool| json!({ "unified_api": "accounting", "service_id": service, "name": "Xero", "state": state, "enabled": enabled });
    let listed = json!({ "data": [
        connection("xero", "callable", true),
        connection("quickbooks", "authorized", true),
        connection("sage", "callable", false),
        connection("a+b", "callable", true),
        json!({ "unified_api": "crm", "service_id": "salesforce", "state": "callable", "enabled": true }),
    ] });
    let Outcome::Ready(ready) = outcome("apideck", vec![listed], &[]).unwrap() else { panic!("not ready") };
    let ids: Vec<_> = ready.iter().map(|connected| connected.id.as_str()).collect();
    assert_eq!(ids, ["xero+u-1"]);
    let none = json!({ "data": [connection("xero", "added", true)] });
    assert_eq!(outcome("apideck", vec![none], &[]).unwrap(), Outcome::Declined);
}

#[test]
fn plaids_link_token_says_where_to_come_back_to_and_where_webhooks_go() {
    let provider = provider("plaid");
    let answer = || json!({ "link_token": "link-1", "hosted_link_url": "https://secure.plaid.com/hl/1" });
    let api = Script::pages([answer()]);
    let began = ready(connect(&*provider).begin(&api, &attempt(Some("https://bank.example"), None))).unwrap();
    assert_eq!((began.url.as_str(), began.token.as_deref()), ("https://secure.plaid.com/hl/1", Some("link-1")));
    let sent = api.body(0);
    let back = "https://bank.example/api/connectors/plaid/callback?state=s%261";
    assert_eq!(sent["hosted_link"], json!({ "completion_redirect_uri": back }));
    assert_eq!(sent["webhook"], json!("https://bank.example/api/connectors/plaid/webhook"));
    assert_eq!((&sent["country_codes"], &sent["client_name"]), (&json!(["US", "CA"]), &json!("Tallywire")));
    assert_eq!((&sent["products"], &sent["transactions"]["days_requested"]), (&json!(["transactions"]), &json!(730)));

    let credentials = Credentials([("accessToken".to_owned(), "access-1".to_owned())].into());
    let again = Again { connection: linked("item-1", &credentials), is_active: false };
    let api = Script::pages([answer()]);
    ready(connect(&*provider).begin(&api, &attempt(Some("http://localhost:3003"), Some(again)))).unwrap();
    let sent = api.body(0);
    assert_eq!((&sent["access_token"], sent.get("products")), (&json!("access-1"), None));
    assert_eq!(sent.get("webhook"), None, "Plaid would not reach it");

    let nowhere = ready(connect(&*provider).begin(&Script::default(), &attempt(None, None)));
    assert!(matches!(nowhere, Err(FetchError::Refused { .. })));
}

#[test]
fn a_session_of_plaids_link_that_has_not_ended_is_waited_for() {
    let sessions = |sessions: Value| json!({ "link_token": "link-1", "link_sessions": sessions });
    assert_eq!(outcome("plaid", vec![sessions(json!([]))], &[]).unwrap(), Outcome::Waiting { named: vec![] });
    let left = json!([{ "link_session_id": "s", "finished_at": "2026-01-01T00:00:00Z", "exit": {} }]);
    assert_eq!(outcome("plaid", vec![sessions(left)], &[]).unwrap(), Outcome::Declined);
    let added =
        json!([{ "link_session_id": "s", "results": { "item_add_results": [{ "public_token": "public-1" }] } }]);
    let exchanged = json!({ "access_token": "access-1", "item_id": "item-1" });
    let item = json!({ "item": { "institution_name": "First Platypus Bank" } });
    let Outcome::Ready(ready) = outcome("plaid", vec![sessions(added), exchanged, item], &[]).unwrap() else {
        panic!("not ready")
    };
    assert_eq!((ready[0].id.as_str(), ready[0].institution_name.as_deref()), ("item-1", Some("First Platypus Bank")));
    assert_eq!(ready[0].credentials.as_ref().unwrap().get("accessToken"), Some("access-1"));
}
