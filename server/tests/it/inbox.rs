//! Authentic deliveries in the inbox: what is kept, for how long, and the effect of running one again.

use connectors::Headers;
use jiff::Timestamp;
use serde_json::json;
use server::store::{Changed, ConnectorRef, Content, Error, NewDelivery, Record, Recorded};
use server::telemetry::spans::Arrival;

use crate::support::{Basiq, TestApp, basiq_body, code};

#[tokio::test]
async fn a_delivery_is_kept_with_its_headers_its_bytes_and_the_time_it_took() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let response = Basiq::default().send_as(&app, "msg_1", body.clone()).await;
    assert_eq!(response.status(), 200);
    let [entry] = &app.state.store.inbox(false, 10).await.unwrap()[..] else { panic!("one delivery") };
    assert_eq!((entry.verdict.as_str(), entry.connection_id.as_deref()), ("processed", Some("conn-1")));
    assert!(entry.latency_us.is_some_and(|us| us > 0 && us < 10_000_000), "{:?}", entry.latency_us);
    let kept = app.state.store.delivery(entry.id).await.unwrap().delivery;
    assert_eq!(kept.body(), body);
    assert_eq!(kept.headers().get("webhook-id"), Some("msg_1"));
}

#[tokio::test]
async fn an_authentic_body_of_another_shape_is_kept_to_be_looked_at_and_refused_each_time() {
    let app = TestApp::start().await;
    let basiq = Basiq::default();
    for _ in 0..2 {
        let answer = basiq.send_as(&app, "msg_1", b"amount=1".to_vec()).await;
        assert_eq!(code(answer).await, (400, "MALFORMED_BODY".to_owned()));
    }
    let [entry] = &app.state.store.inbox(true, 10).await.unwrap()[..] else { panic!("one delivery") };
    assert_eq!(entry.verdict, "refused");
    assert!(entry.reason.as_deref().is_some_and(|reason| !reason.is_empty()));
    let again = app.state.ingest.run_again(entry.id, app.now()).await.unwrap();
    assert!(matches!(again, Recorded::Malformed(_)), "{again:?}");
}

#[tokio::test]
async fn a_forged_delivery_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let forged = Basiq::with_secret("whsec_b3RoZXI=").send_as(&app, "msg_1", b"{}".to_vec()).await;
    assert_eq!(forged.status(), 401);
    assert!(app.state.store.inbox(false, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_processed_is_run_again_without_effect_and_what_waited_once() {
    let app = TestApp::start().await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let id = app.state.store.inbox(true, 10).await.unwrap()[0].id;
    let still = app.state.ingest.run_again(id, app.now()).await.unwrap();
    assert!(matches!(still, Recorded::Kept(_)), "{still:?}");
    app.register("conn-1", "alice").await;
    assert_eq!(app.state.ingest.run_again(id, app.now()).await.unwrap(), Recorded::Duplicate);
    let page = app.get("alice", "/api/transactions").await;
    assert_eq!(page["transactions"].as_array().map(Vec::len), Some(1));
}

/// As after a crash between a registration and applying its backlog.
#[tokio::test]
async fn what_comes_while_older_deliveries_are_still_kept_does_not_overtake_them() {
    let app = TestApp::start().await;
    let mut basiq = Basiq::default();
    for number in 1..=250 {
        basiq.deliver(&app, &basiq_body("conn-1", &format!("t{}", number % 100), &format!("-{number}"))).await;
    }
    let connector = app.state.ingest.registry().get("basiq").unwrap();
    let request = wire::api::ConnectionRequest { user_id: "alice".to_owned(), ..Default::default() };
    let known = ConnectorRef::from(connector.description());
    app.state.store.put_connection(known, "conn-1".to_owned(), request, app.now()).await.unwrap();
    let mut socket = app.signed_in("alice").await;
    let answer = basiq.deliver(&app, &basiq_body("conn-1", "t50", "-251")).await;
    assert_eq!((&answer["processed"], answer.get("kept")), (&json!(251), None));
    let mut amounts = vec![];
    while amounts.len() < 251 {
        amounts.push(socket.event().await.1["transaction"]["amount"].as_f64().unwrap());
    }
    assert_eq!(amounts, (1..=251).map(|number| -f64::from(number)).collect::<Vec<_>>());
    assert_eq!(app.state.store.kept_deliveries().await.unwrap(), 0);
}

/// Providers repeat deliveries for two weeks at most (Wise); this server recognises settled ones for 30 days.
#[tokio::test]
async fn what_is_settled_is_forgotten_in_time_and_what_waits_is_not() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    basiq.deliver(&app, &basiq_body("conn-unknown", "t2", "-1")).await;
    let month = 30 * 86_400;
    let month_ago = || app.now().checked_sub(std::time::Duration::from_secs(month)).unwrap();
    let never = Timestamp::MIN;
    assert_eq!(app.state.store.prune_inbox(month_ago(), never).await.unwrap(), 0);
    app.advance(i64::try_from(month).unwrap() + 1);
    // The newest one always stays: the next id follows its id.
    basiq.deliver(&app, &basiq_body("conn-1", "t3", "-1")).await;
    assert_eq!(app.state.store.prune_inbox(month_ago(), never).await.unwrap(), 1);
    let left = app.state.store.inbox(false, 10).await.unwrap();
    assert_eq!(left.iter().map(|entry| entry.verdict.as_str()).collect::<Vec<_>>(), ["processed", "kept"]);
    assert_eq!(app.state.store.prune_inbox(month_ago(), month_ago()).await.unwrap(), 1);
}

/// Keys belong to a provider: the same key of another provider is another delivery.
#[tokio::test]
async fn keys_are_each_connectors_own() {
    let app = TestApp::start().await;
    let delivery = |connector: &'static str| NewDelivery {
        connector: ConnectorRef {
            id: connector.into(),
            connector_type: "bank".into(),
            source: "BANK_API".into(),
            default_currency: wire::Currency::USD,
        },
        delivery: Record { headers: Headers::default(), body: b"{}".to_vec(), key: "k1".to_owned() },
        content: Content::Nothing,
        register: None,
        arrived: Arrival::now(),
    };
    let record = |connector| app.state.store.record_delivery(delivery(connector), app.now());
    assert_eq!(record("basiq").await.unwrap(), Recorded::Applied(Changed::default()));
    assert_eq!(record("apideck").await.unwrap(), Recorded::Applied(Changed::default()));
    assert_eq!(record("basiq").await.unwrap(), Recorded::Duplicate);
    assert!(matches!(app.state.store.delivery(99).await, Err(Error::NotFound)));
}
