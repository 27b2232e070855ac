//! Missed events: in order, each once, before newer ones.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Basiq, Socket, TestApp, basiq_body, code};

async fn with_events(count: u32) -> TestApp {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    send(&app, 0, count).await;
    app
}

/// Sends transactions concurrently; the registration is event 1.
async fn send(app: &TestApp, from: u32, count: u32) {
    let basiq = Basiq::default();
    let deliveries = (from..from + count).map(|index| {
        let body = basiq_body("conn-1", &format!("t{index}"), "-1").to_string().into_bytes();
        let basiq = &basiq;
        async move { assert_eq!(basiq.send_as(app, &format!("msg_{index}"), body).await.status(), 200) }
    });
    futures_util::stream::iter(deliveries).buffer_unordered(64).collect::<Vec<()>>().await;
}

async fn resumed(app: &TestApp, since: &Value) -> Socket {
    Socket::connect(&app.address, Some(json!({ "token": app.token("alice", 600), "since": since })), &[]).await
}

#[tokio::test]
async fn what_was_missed_comes_in_order_and_marked_before_what_is_new() {
    let app = with_events(5).await;
    let mut socket = resumed(&app, &json!(3)).await;
    assert_eq!(socket.expect("authenticated").await["seq"], json!(6));
    for seq in 4..=6 {
        let event = socket.expect("transaction:new").await;
        assert_eq!((&event["seq"], &event["source"]), (&json!(seq), &json!("replay")));
    }
    send(&app, 5, 1).await;
    let event = socket.expect("transaction:new").await;
    assert_eq!((&event["seq"], &event["source"]), (&json!(7), &json!("realtime")));
}

#[tokio::test]
async fn the_event_authenticate_takes_since_as_well() {
    let app = with_events(2).await;
    let mut socket = app.socket().await;
    let payload = json!({ "userId": "alice", "token": app.token("alice", 60), "since": 2 });
    socket.emit("authenticate", &payload).await;
    socket.expect("authenticated").await;
    assert_eq!(socket.expect("transaction:new").await["seq"], json!(3));
    socket.expect_nothing().await;
}

#[tokio::test]
async fn nothing_is_left_out_or_repeated_while_new_events_keep_coming() {
    let app = with_events(600).await;
    let reader = async {
        let mut sockets = vec![];
        for since in [0_u64, 1, 300, 601] {
            sockets.push((since, resumed(&app, &json!(since)).await));
        }
        for (since, mut socket) in sockets {
            socket.expect("authenticated").await;
            for seq in since + 1..=1001 {
                let (_, event) = socket.event().await;
                assert_eq!(event["seq"], json!(seq));
            }
            socket.expect_nothing().await;
        }
    };
    tokio::join!(reader, send(&app, 600, 400));
}

#[tokio::test]
async fn a_number_that_the_log_does_not_hold_asks_for_a_reload() {
    let app = with_events(20).await;
    app.state.store.prune_events(jiff::Timestamp::MIN, 5).await.unwrap();
    for (since, reason) in [(json!(3), "too_old"), (json!(15), "too_old"), (json!(99), "ahead"), (json!("x"), "ahead")]
    {
        let mut socket = resumed(&app, &since).await;
        socket.expect("authenticated").await;
        let told = socket.expect("sync:required").await;
        let epoch = app.state.store.epoch();
        assert_eq!(told, json!({ "reason": reason, "oldestSeq": 17, "seq": 21, "epoch": epoch }), "{since}");
        socket.expect_nothing().await;
    }
    let mut socket = resumed(&app, &json!(16)).await;
    socket.expect("authenticated").await;
    assert_eq!(socket.expect("transaction:new").await["seq"], json!(17));
}

#[tokio::test]
async fn old_events_are_forgotten_and_the_numbers_go_on() {
    let app = with_events(3).await;
    app.advance(3600);
    let pruned = app.state.store.prune_events(app.now(), 1_000_000).await.unwrap();
    assert_eq!(pruned, 4);
    let mut socket = app.signed_in("alice").await;
    send(&app, 10, 1).await;
    assert_eq!(socket.expect("transaction:new").await["seq"], json!(5));
}

/// Events written while the clock was wrong are dated too early or too late.
#[tokio::test]
async fn a_clock_that_jumps_leaves_no_hole_in_the_log() {
    let app = with_events(3).await;
    let hour_later = app.now().checked_add(Duration::from_secs(1800)).unwrap();
    app.advance(3600);
    send(&app, 10, 3).await;
    app.advance(-3600);
    send(&app, 20, 3).await;
    // The first four are old by then, the next three are not, and the last three are.
    assert_eq!(app.state.store.prune_events(hour_later, 1_000_000).await.unwrap(), 4);
    let mut socket = resumed(&app, &json!(4)).await;
    socket.expect("authenticated").await;
    for seq in 5..=10 {
        assert_eq!(socket.expect("transaction:new").await["seq"], json!(seq));
    }
}

#[tokio::test]
async fn server_sent_events_share_the_same_path() {
    let app = with_events(3).await;
    let request =
        app.request(Method::GET, "/api/events").bearer_auth(app.token("alice", 60)).header("last-event-id", "2");
    let mut response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    send(&app, 3, 1).await;
    let mut text = String::new();
    while text.matches("\ndata: ").count() < 3 {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["3", "4", "5"]);
    assert!(text.contains("event: transaction:new") && text.contains("\"source\":\"replay\""));
    drop(response);
    while app.hub.count("alice") > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn streams_and_sockets_share_one_limit() {
    let app = TestApp::start().await;
    let mut held = vec![];
    for _ in 0..10 {
        held.push(app.request(Method::GET, "/api/events").bearer_auth(app.token("alice", 60)).send().await.unwrap());
    }
    let refused = app.request(Method::GET, "/api/events").bearer_auth(app.token("alice", 60)).send().await.unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(code(refused).await, (429, "CONNECTION_LIMIT".to_owned()));
}
