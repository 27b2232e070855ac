//! What administrators see and retry, and the metrics.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::config::Config;

use crate::support::{Basiq, CoreAppDouble, SERVICE_SECRET, TestApp, basiq_body, code, config, forwarding};

const ADMIN: &str = "boss";

fn with_admin(core_app: Option<&str>) -> Config {
    let mut config = core_app.map_or_else(config, forwarding);
    config.auth.admins = vec![ADMIN.to_owned()];
    config
}

async fn as_admin(app: &TestApp, method: Method, path: &str) -> Value {
    let response = app.request(method, path).bearer_auth(app.token(ADMIN, 60)).json(&json!({ "all": true })).send();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

async fn metrics(app: &TestApp) -> String {
    let request = app.request(Method::GET, "/metrics").header("x-service-secret", SERVICE_SECRET);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

/// The value of a line in the metrics.
async fn metric(app: &TestApp, line: &str) -> Option<f64> {
    let text = metrics(app).await;
    text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok())
}

#[tokio::test]
async fn only_administrators_and_services_are_let_in() {
    let app = TestApp::with(with_admin(None)).await;
    for (method, path) in [
        (Method::GET, "/api/admin/outbox"),
        (Method::POST, "/api/admin/outbox/replay"),
        (Method::GET, "/api/admin/inbox"),
        (Method::GET, "/api/admin/inbox/1"),
        (Method::POST, "/api/admin/inbox/1/replay"),
    ] {
        let nobody = app.request(method.clone(), path).send().await.unwrap();
        assert_eq!(code(nobody).await, (401, "UNAUTHORIZED".to_owned()), "{path}");
        let user = app.request(method, path).bearer_auth(app.token("alice", 60)).send().await.unwrap();
        assert_eq!(code(user).await, (403, "FORBIDDEN".to_owned()), "{path}");
    }
    as_admin(&app, Method::GET, "/api/admin/outbox").await;
    let service = app.request(Method::GET, "/api/admin/inbox").header("x-service-secret", SERVICE_SECRET);
    assert_eq!(service.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_at_once() {
    let core_app = CoreAppDouble::start().await;
    core_app.answer("t1", &[422]);
    let app = TestApp::with(with_admin(Some(&core_app.address))).await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    basiq.deliver(&app, &basiq_body("conn-1", "t2", "-1")).await;
    core_app.taken(1).await;
    let outbox = as_admin(&app, Method::GET, "/api/admin/outbox").await;
    assert_eq!((&outbox["configured"], &outbox["dead"], &outbox["success"]), (&json!(true), &json!(1), &json!(true)));
    let letter = &outbox["deadLetters"][0];
    assert_eq!((&letter["userId"], &letter["idempotencyKey"]), (&json!("alice"), &json!("basiq:t1")));
    assert_eq!(metric(&app, "tallywire_outbox_dead").await, Some(1.0));
    // No commit in the meantime wakes the outbox worker.
    let revived = as_admin(&app, Method::POST, "/api/admin/outbox/replay").await;
    assert_eq!(revived["revived"], json!(1));
    let keys: Vec<_> = core_app.taken(2).await.into_iter().map(|call| call.key).collect();
    assert_eq!(keys, ["basiq:t2", "basiq:t1"]);
}

#[tokio::test]
async fn the_lag_of_the_outbox_grows_with_an_outage_and_ends_with_it() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let app = TestApp::with(with_admin(Some(&format!("http://{address}")))).await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    app.advance(90);
    let lag = metric(&app, "tallywire_outbox_lag_seconds").await.unwrap();
    assert!((90.0..95.0).contains(&lag), "{lag}");
    let outbox = as_admin(&app, Method::GET, "/api/admin/outbox").await;
    assert!(outbox["lagSeconds"].as_u64().is_some_and(|lag| (90..95).contains(&lag)), "{outbox}");
    assert_eq!(outbox["waiting"], json!(1));
    let core_app = CoreAppDouble::on(tokio::net::TcpListener::bind(address).await.unwrap());
    // The next attempt notices that the core app is back; the replay brings that attempt forward.
    as_admin(&app, Method::POST, "/api/admin/outbox/replay").await;
    basiq.deliver(&app, &basiq_body("conn-1", "t2", "-1")).await;
    core_app.taken(2).await;
    let done = async {
        while metric(&app, "tallywire_outbox_waiting").await != Some(0.0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), done).await.expect("nothing waits");
    assert_eq!(metric(&app, "tallywire_outbox_lag_seconds").await, Some(0.0));
}

#[tokio::test]
async fn a_kept_delivery_can_be_looked_at_and_run_again() {
    let app = TestApp::with(with_admin(None)).await;
    let body = basiq_body("conn-1", "t1", "-1").to_string();
    assert_eq!(Basiq::default().send_as(&app, "msg_1", body.clone().into_bytes()).await.status(), 200);
    let list = as_admin(&app, Method::GET, "/api/admin/inbox?kept=true").await;
    let kept = &list["deliveries"][0];
    assert_eq!((&kept["verdict"], &kept["connectionId"]), (&json!("kept"), &json!("conn-1")));
    let path = format!("/api/admin/inbox/{}", kept["id"]);
    let raw = as_admin(&app, Method::GET, &path).await;
    assert_eq!((&raw["delivery"]["body"], &raw["delivery"]["isBase64"]), (&json!(body), &json!(false)));
    let again = as_admin(&app, Method::POST, &format!("{path}/replay")).await;
    assert_eq!(again["outcome"], json!("kept"));
    assert_eq!(code(missing(&app).await).await, (404, "NOT_FOUND".to_owned()));
}

async fn missing(app: &TestApp) -> Response {
    let request = app.request(Method::GET, "/api/admin/inbox/999").bearer_auth(app.token(ADMIN, 60));
    request.send().await.unwrap()
}

/// The page's forms work without a script.
#[tokio::test]
async fn a_form_is_answered_with_the_way_back_to_the_page() {
    let core_app = CoreAppDouble::start().await;
    let app = TestApp::with(with_admin(Some(&core_app.address))).await;
    let without = TestApp::with(with_admin(None)).await;
    let replay = "/api/admin/outbox/replay";
    let form = |app: &TestApp, path: &str| {
        app.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded")
    };
    for (app, user, path, body, place) in [
        (&app, ADMIN, replay, "all=true", "/admin?done=revived-0"),
        (&app, ADMIN, replay, "waiting=true", "/admin?done=revived-0"),
        (&app, ADMIN, replay, "", "/admin?done=BAD_REQUEST"),
        (&app, ADMIN, replay, "id=x", "/admin?done=BAD_REQUEST"),
        (&app, ADMIN, "/api/admin/inbox/7/replay", "", "/admin?done=NOT_FOUND"),
        (&app, "alice", replay, "all=true", "/admin?done=FORBIDDEN"),
        (&without, ADMIN, replay, "all=true", "/admin?done=CONFLICT"),
    ] {
        let answer = form(app, path).bearer_auth(app.token(user, 60)).body(body).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        assert_eq!((answer.status().as_u16(), location), (303, place), "{body} as {user}");
    }
    let nobody = form(&app, replay).body("all=true").send().await.unwrap();
    assert_eq!(nobody.headers()["location"], "/sign-in?error=UNAUTHORIZED");
}

#[tokio::test]
async fn metrics_count_what_happens_and_name_nobody() {
    let app = TestApp::with(with_admin(None)).await;
    app.register("conn-1", "alice").await;
    let mut socket = app.signed_in("alice").await;
    let basiq = Basiq::default();
    for _ in 0..2 {
        basiq.send_as(&app, "msg_1", basiq_body("conn-1", "t1", "-1").to_string().into_bytes()).await;
    }
    Basiq::with_secret("whsec_b3RoZXI=").send_as(&app, "msg_2", b"{}".to_vec()).await;
    app.request(Method::POST, "/api/connectors/made-up-by-a-stranger/webhook").send().await.unwrap();
    socket.expect("transaction:new").await;
    for (line, value) in [
        (r#"tallywire_deliveries_total{connector="basiq",outcome="processed"}"#, 1.0),
        (r#"tallywire_deliveries_total{connector="basiq",outcome="duplicate"}"#, 1.0),
        (r#"tallywire_deliveries_total{connector="basiq",outcome="SIGNATURE_INVALID"}"#, 1.0),
        (r#"tallywire_deliveries_total{connector="unknown",outcome="UNKNOWN_CONNECTOR"}"#, 1.0),
        (r#"tallywire_events_total{event="transaction:new"}"#, 1.0),
        (r#"tallywire_sign_ins_total{at="socket",outcome="accepted"}"#, 1.0),
        ("tallywire_delivery_seconds_count", 4.0),
        ("tallywire_sockets", 1.0),
        ("tallywire_room_members", 1.0),
        ("tallywire_store_up", 1.0),
        (r#"tallywire_http_answers_total{route="/api/connectors/{connector}/webhook",status="401"}"#, 1.0),
    ] {
        assert_eq!(metric(&app, line).await, Some(value), "{line} in\n{}", metrics(&app).await);
    }
    let text = metrics(&app).await;
    for personal in ["alice", "conn-1", "stranger", "msg_1"] {
        assert!(!text.contains(personal), "{personal} in\n{text}");
    }
}

#[tokio::test]
async fn metrics_are_for_services_and_administrators() {
    let app = TestApp::with(with_admin(None)).await;
    let metrics = || app.request(Method::GET, "/metrics");
    assert_eq!(code(metrics().send().await.unwrap()).await, (401, "UNAUTHORIZED".to_owned()));
    let user = metrics().bearer_auth(app.token("alice", 60)).send().await.unwrap();
    assert_eq!(code(user).await, (403, "FORBIDDEN".to_owned()));
    assert_eq!(metrics().bearer_auth(app.token(ADMIN, 60)).send().await.unwrap().status(), 200);
    let service = metrics().bearer_auth(SERVICE_SECRET).send().await.unwrap();
    assert_eq!(service.status(), 200);
    assert!(service.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
}
