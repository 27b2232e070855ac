//! Clients that disconnect, reconnect, rejoin and upgrade.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use server::auth::Identity;
use server::feed::{self, ResumePoint, Subscription};
use server::store::Connections as _;
use server::store::sqlite::SqliteStore;

use crate::support::{Basiq, Polling, Socket, TestApp, basiq_body, config, cookie};

/// Makes an event about 1 kB longer.
const LONG: usize = 900;

/// Stores transactions with descriptions of this many letters; the registration is event 1.
async fn fill(app: &TestApp, count: u32, letters: usize) {
    app.register("conn-1", "alice").await;
    let basiq = Basiq::default();
    let deliveries = (0..count).map(|number| {
        let mut body = basiq_body("conn-1", &format!("t{number}"), "-1");
        body["data"]["transaction"]["description"] = json!("x".repeat(letters));
        let basiq = &basiq;
        async move {
            let answer = basiq.send_as(app, &format!("m{number}"), body.to_string().into_bytes()).await;
            assert_eq!(answer.status(), 200);
        }
    });
    stream::iter(deliveries).buffer_unordered(64).collect::<Vec<()>>().await;
}

/// The number of an event, if it has one.
fn seq(packet: &str) -> Option<u64> {
    let (name, payload): (String, Value) = serde_json::from_str(packet.strip_prefix("42")?).unwrap();
    payload["seq"].as_u64().filter(|_| name != "authenticated")
}

#[tokio::test]
async fn a_client_that_upgrades_during_a_replay_misses_nothing() {
    for letters in [1, LONG] {
        let app = TestApp::start().await;
        fill(&app, 1500, letters).await;
        move_at_several_moments(&app).await;
    }
}

async fn move_at_several_moments(app: &TestApp) {
    // The upgrade happens after this many requests, or before the first.
    for requests in 0..4 {
        let auth = json!({ "token": app.token("alice", 600), "since": 0 });
        let client = Polling::join(app, &auth).await;
        let mut packets = vec![];
        for _ in 0..requests {
            packets.extend(client.poll().await);
        }
        let mut socket = client.upgrade(&mut packets).await;
        let mut seqs: Vec<u64> = packets.iter().filter_map(|packet| seq(packet)).collect();
        while seqs.len() < 1501 {
            seqs.extend(seq(&socket.packet().await.expect("it goes on")));
        }
        assert_eq!(seqs, (1..=1501).collect::<Vec<_>>(), "moved after {requests} requests");
        socket.expect_nothing().await;
    }
}

#[tokio::test]
async fn a_replay_over_polling_alone_is_complete_and_quick() {
    let app = TestApp::start().await;
    fill(&app, 1000, LONG).await;
    let client = Polling::join(&app, &json!({ "token": app.token("alice", 600), "since": 0 })).await;
    let mut seqs = vec![];
    let mut requests = 0;
    while seqs.len() < 1001 {
        seqs.extend(client.poll().await.iter().filter_map(|packet| seq(packet)));
        requests += 1;
    }
    assert_eq!(seqs, (1..=1001).collect::<Vec<_>>());
    assert!(requests < 120, "it took {requests} requests");
}

#[tokio::test]
async fn a_client_that_answers_pings_and_never_polls_is_disconnected() {
    let mut config = config();
    config.realtime.ping_interval = Duration::from_secs(2);
    config.realtime.ping_timeout = Duration::from_secs(20);
    let app = TestApp::with(config).await;
    let deaf = Polling::join(&app, &json!({ "token": app.token("alice", 600) })).await;
    let attentive = Polling::join(&app, &json!({ "token": app.token("bob", 600) })).await;
    while app.hub.count("alice") + app.hub.count("bob") < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let started = Instant::now();
    while app.hub.count("alice") > 0 {
        assert!(started.elapsed() < Duration::from_secs(40), "it still has its place");
        let _ = deaf.post("3").await;
        let _ = attentive.poll().await;
        let _ = attentive.post("3").await;
    }
    assert_eq!(app.hub.count("bob"), 1);
    assert_eq!(deaf.post("3").await, 400, "its session is unknown");
}

#[tokio::test]
async fn rejoining_at_once_starts_a_new_session_with_its_own_replay() {
    let app = TestApp::start().await;
    fill(&app, 300, LONG).await;
    let auth = |since: u64| format!("40{}", json!({ "token": app.token("alice", 600), "since": since }));
    for _ in 0..10 {
        let mut socket = Socket::open(&app.address, &[]).await.unwrap();
        socket.send(auth(301)).await;
        // The socket is in the namespace by then, and its sign-in in progress.
        assert!(socket.packet().await.is_some_and(|packet| packet.starts_with("40{")));
        socket.send("41").await;
        socket.send(auth(0)).await;
        let mut seqs = vec![];
        while seqs.last() != Some(&301) {
            let packet = socket.packet().await.unwrap();
            assert!(!packet.starts_with("42[\"error\""), "{packet}");
            seqs.extend(seq(&packet));
        }
        assert_eq!(seqs, (1..=301).collect::<Vec<_>>());
        socket.expect_nothing().await;
        assert_eq!(app.hub.count("alice"), 1);
        drop(socket);
        while app.hub.count("alice") > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn rejoining_does_not_extend_the_time_to_sign_in() {
    let mut config = config();
    config.realtime.auth_timeout = Duration::from_secs(2);
    let app = TestApp::with(config).await;
    let mut socket = app.socket().await;
    let started = Instant::now();
    loop {
        socket.send("41").await;
        socket.send("40").await;
        match socket.packet().await {
            Some(packet) if packet.starts_with("42[\"error\"") => {
                assert!(packet.contains("AUTH_TIMEOUT"), "{packet}");
                break;
            }
            Some(_) => assert!(started.elapsed() < Duration::from_secs(10), "it has time without end"),
            None => break,
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// An original client sends its user id as soon as it is connected, although the handshake has signed it in.
#[tokio::test]
async fn a_bare_authenticate_right_after_a_handshake_waits_for_it() {
    let app = TestApp::start().await;
    let cookie = cookie(&app, "alice").await;
    for _ in 0..20 {
        let mut socket = Socket::connect(&app.address, None, &[("cookie", cookie.as_str())]).await;
        socket.send(r#"420["authenticate","alice"]"#).await;
        let ack = loop {
            let packet = socket.packet().await.unwrap();
            assert!(!packet.starts_with("42[\"error\""), "{packet}");
            if packet.starts_with("430") {
                break packet;
            }
        };
        assert!(ack.contains(r#""ok":true"#), "{ack}");
    }
}

#[tokio::test]
async fn a_stream_whose_session_has_ended_receives_no_more_of_its_replay() {
    let app = TestApp::start().await;
    fill(&app, 1000, LONG).await;
    let session = [7; 32];
    let identity = Identity { user_id: "alice".to_owned(), expires_at: jiff::Timestamp::MAX, session: Some(session) };
    let mut stream = Subscription::start(app.state.feed.clone(), &identity, Some(&ResumePoint { seq: 0, epoch: None }))
        .await
        .unwrap();
    assert_eq!(stream.next().await.map(|event| event.seq), Some(1));
    app.state.feed.end_session(session);
    let mut received = 1;
    while stream.next().await.is_some() {
        received += 1;
    }
    assert!(received < 500, "{received} events came");
}

#[tokio::test]
async fn events_pruned_during_a_replay_require_a_reload() {
    let app = TestApp::start().await;
    fill(&app, 3000, LONG).await;
    let client = Polling::join(&app, &json!({ "token": app.token("alice", 600), "since": 0 })).await;
    client.poll().await;
    app.state.store.prune_events(app.now(), 10).await.unwrap();
    let mut last = 0;
    let required = loop {
        let packets = client.poll().await;
        let required = packets.iter().find(|packet| packet.starts_with("42[\"sync:required\""));
        match required {
            Some(required) => break required.clone(),
            None => last = packets.iter().filter_map(|packet| seq(packet)).next_back().unwrap_or(last),
        }
    };
    assert!(last < 3000, "the replay had come to {last}");
    assert!(required.contains(r#""seq":3001"#), "{required}");
    // From then on it is live.
    Basiq::default().deliver(&app, &basiq_body("conn-1", "next", "-1")).await;
    while !client.poll().await.iter().any(|packet| seq(packet) == Some(3002)) {}
}

#[tokio::test]
async fn events_that_another_process_wrote_are_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut config = config();
    config.database = path.clone().into();
    let app = TestApp::with(config).await;
    app.register("conn-1", "alice").await;
    let mut socket = app.signed_in("alice").await;
    let elsewhere = SqliteStore::open(&path, Box::new(|_| {})).unwrap();
    let connector = app.state.ingest.registry().get("basiq").unwrap();
    let request = wire::api::ConnectionRequest { user_id: "alice".to_owned(), ..Default::default() };
    elsewhere.put_connection(connector.description().into(), "conn-2".to_owned(), request, app.now()).await.unwrap();
    socket.expect_nothing().await;
    feed::deliver_external_events(&app.state.feed).await.unwrap();
    assert_eq!(socket.expect("connection:updated").await["connectionId"], json!("conn-2"));
}
