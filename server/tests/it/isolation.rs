//! No socket ever gets an event of another user, whatever a client tries.

use std::collections::HashMap;

use connectors::Headers;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::store::{Content, NewDelivery, Record, Recorded};
use server::telemetry::spans::Arrival;
use wire::api::ConnectionRequest;

use crate::support::{Basiq, Socket, TestApp, basiq_body, cookie};

const USERS: u64 = 8;

fn user(index: u64) -> String {
    format!("user-{index}")
}

/// One attempt to sign in, honest or not; returns the user whose events the socket may get, if any.
async fn attempt(app: &TestApp, random: &mut fastrand::Rng) -> (Socket, Option<String>) {
    let (me, other) = (user(random.u64(0..USERS)), user(random.u64(0..USERS)));
    let token = app.token(&me, 600);
    let since = random.u64(0..20);
    match random.u8(0..9) {
        // The event, for the user itself.
        0 => (by_event(app, json!({ "userId": me, "token": token })).await, Some(me)),
        // The event with another user's name.
        1 => (by_event(app, json!({ "userId": other, "token": token })).await, (me == other).then_some(me)),
        // An expired token.
        2 => (by_event(app, json!({ "userId": me, "token": app.token(&me, -60) })).await, None),
        // Another user's `since` is only a number.
        3 => (by_event(app, json!({ "userId": me, "token": token, "since": since })).await, Some(me)),
        // The handshake with another user's name next to the token.
        4 => {
            let auth = json!({ "token": token, "userId": other, "since": since });
            (Socket::connect(&app.address, Some(auth), &[]).await, (me == other).then_some(me))
        }
        // Signed in, then trying to become another user.
        5 => {
            let mut socket = Socket::connect(&app.address, Some(json!({ "token": token })), &[]).await;
            socket.emit("authenticate", &json!({ "userId": other, "token": app.token(&other, 600) })).await;
            socket.emit("join", &json!(format!("user:{other}"))).await;
            (socket, Some(me))
        }
        // The dashboard's cookie, from the dashboard's page, and from another site's, where it is ignored.
        6 => {
            let cookie = cookie(app, &me).await;
            let own = Socket::connect(&app.address, None, &[("cookie", &cookie), ("origin", &app.address)]).await;
            (own, Some(me))
        }
        7 => {
            let cookie = cookie(app, &me).await;
            let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
            (Socket::connect(&app.address, None, &headers).await, None)
        }
        // Never signed in.
        _ => (app.socket().await, None),
    }
}

async fn by_event(app: &TestApp, payload: Value) -> Socket {
    let mut socket = app.socket().await;
    socket.emit("authenticate", &payload).await;
    socket
}

/// A user's stream, requested with another user's name in every possible place.
async fn listen(app: &TestApp, random: &mut fastrand::Rng) -> (Response, String) {
    let (me, other) = (user(random.u64(0..USERS)), user(random.u64(0..USERS)));
    let path = format!("/api/events?since={}&userId={other}&user={other}", random.u64(0..20));
    let request = app.request(Method::GET, &path).bearer_auth(app.token(&me, 600)).header("x-user-id", &other);
    (request.send().await.unwrap(), me)
}

/// The owner of an event, if its payload names one.
fn owner_of(payload: &Value) -> Option<&str> {
    let of_connection = || payload["connectionId"].as_str()?.strip_prefix("conn-");
    payload["transaction"]["userId"].as_str().or_else(of_connection)
}

/// Reads a whole stream that has ended.
async fn check_stream(stream: Response, owner: &str, seed: u64) -> u64 {
    let text = stream.text().await.unwrap();
    let mut events = 0;
    let payloads = text.lines().filter_map(|line| line.strip_prefix("data: "));
    for payload in payloads.map(|payload| serde_json::from_str::<Value>(payload).unwrap()) {
        if payload.get("reason").is_none() {
            events += 1;
            assert_eq!(owner_of(&payload), Some(owner), "seed {seed}: {payload}");
        }
    }
    events
}

/// Reads until the socket is quiet; every event must be the owner's.
async fn check(mut socket: Socket, owner: Option<&String>, seed: u64) -> u64 {
    socket.emit("ping", &Value::Null).await;
    let mut events = 0;
    loop {
        let Some((name, payload)) = socket.next_event().await else { return events };
        match name.as_str() {
            "pong" => return events,
            "authenticated" => assert_eq!(payload["userId"].as_str(), owner.map(String::as_str), "seed {seed}"),
            "error" | "sync:required" => {}
            _ => {
                events += 1;
                assert_eq!(owner_of(&payload), owner.map(String::as_str), "seed {seed}: {name} {payload}");
            }
        }
    }
}

#[tokio::test]
async fn no_socket_ever_gets_an_event_of_another_user() {
    let mut in_all = 0;
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut app = TestApp::start().await;
        for index in 0..USERS {
            app.register(&format!("conn-{}", user(index)), &user(index)).await;
        }
        let (mut sockets, mut streams, mut basiq) = (vec![], vec![], Basiq::default());
        let mut owners: HashMap<String, u32> = HashMap::new();
        for number in 0..60_u32 {
            if random.bool() {
                let (socket, owner) = attempt(&app, &mut random).await;
                sockets.push((socket, owner));
            }
            if random.u8(0..6) == 0 {
                streams.push(listen(&app, &mut random).await);
            }
            let owner = user(random.u64(0..USERS));
            let mut body = basiq_body(&format!("conn-{owner}"), &format!("t{number}"), "-1");
            body["data"]["account"] = json!({ "id": "acc-1", "balance": format!("{number}") });
            // Bodies that claim to belong to another user.
            body["userId"] = json!(user(random.u64(0..USERS)));
            body["data"]["transaction"]["userId"] = json!(user(random.u64(0..USERS)));
            basiq.deliver(&app, &body).await;
            *owners.entry(owner).or_default() += 1;
        }
        for (socket, owner) in sockets {
            in_all += check(socket, owner.as_ref(), seed).await;
        }
        for (owner, count) in owners {
            let page = app.get(&owner, "/api/transactions?limit=500").await;
            assert_eq!(page["transactions"].as_array().unwrap().len(), count as usize, "seed {seed}");
        }
        let stopped = app.stop();
        for (stream, owner) in streams {
            in_all += check_stream(stream, &owner, seed).await;
        }
        stopped.await.unwrap();
    }
    assert!(in_all > 1000, "the sockets saw {in_all} events");
}

/// The core app may register a connection for another user after its owner has deleted it.
#[tokio::test]
async fn what_a_deleted_connection_had_still_to_be_placed_is_for_nobody() {
    let app = TestApp::start().await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "before", "-1")).await;
    // As after a registration that a crash ended before the backlog was applied.
    let alice = ConnectionRequest { user_id: "alice".to_owned(), ..ConnectionRequest::default() };
    let connector = app.state.ingest.registry().get("basiq").unwrap();
    let registered =
        app.state.store.put_connection(connector.description().into(), "conn-1".to_owned(), alice, app.now()).await;
    assert!(registered.unwrap().1);
    let kept = app.state.store.record_delivery(not_understood(&app), app.now()).await.unwrap();
    assert_eq!(kept, Recorded::Kept("of a new kind".to_owned()));
    let delete = app.request(Method::DELETE, "/api/connectors/basiq/connections/conn-1");
    assert_eq!(delete.bearer_auth(app.token("alice", 60)).send().await.unwrap().status(), 200);

    app.register("conn-1", "bob").await;
    app.state.ingest.apply_backlogs(app.now()).await.unwrap();
    // A delivery that could not be understood when it arrived, but is by a newer connector.
    let understood = NewDelivery {
        content: Content::Changes { connection_id: "conn-1".to_owned(), changes: vec![], rejected: vec![] },
        ..not_understood(&app)
    };
    assert_eq!(app.state.store.apply_kept(2, understood, app.now()).await.unwrap(), Recorded::Duplicate);
    basiq.deliver(&app, &basiq_body("conn-1", "after", "-1")).await;
    let bobs = app.get("bob", "/api/transactions").await;
    let ids: Vec<&Value> =
        bobs["transactions"].as_array().unwrap().iter().map(|transaction| &transaction["transactionId"]).collect();
    assert_eq!(ids, ["after"]);
    for id in [1, 2] {
        let settled = app.state.store.inbox_entry(id).await.unwrap();
        let reason = Some("its connection was removed before it could be applied".to_owned());
        assert_eq!((settled.verdict.as_str(), settled.reason), ("processed", reason));
    }
}

fn not_understood(app: &TestApp) -> NewDelivery {
    NewDelivery {
        connector: app.state.ingest.registry().get("basiq").unwrap().description().into(),
        delivery: Record { headers: Headers::default(), body: b"{}".to_vec(), key: "m0".to_owned() },
        content: Content::Kept("of a new kind".to_owned()),
        register: None,
        arrived: Arrival::now(),
    }
}

#[tokio::test]
async fn a_connection_that_passes_to_another_user_takes_nothing_with_it() {
    let app = TestApp::start().await;
    let mut basiq = Basiq::default();
    app.register("conn-1", "alice").await;
    for id in ["kept", "gone"] {
        basiq.deliver(&app, &basiq_body("conn-1", id, "-1")).await;
    }
    let mut deletion = basiq_body("conn-1", "gone", "-1");
    deletion["event"] = json!("transaction.deleted");
    basiq.deliver(&app, &deletion).await;
    let delete = |user: &str| {
        let path = "/api/connectors/basiq/connections/conn-1";
        app.request(Method::DELETE, path).bearer_auth(app.token(user, 60)).send()
    };
    assert_eq!(delete("alice").await.unwrap().status(), 200);
    let alices = app.get("alice", "/api/transactions").await;

    app.register("conn-1", "bob").await;
    let mut socket = app.signed_in("bob").await;
    assert_eq!(delete("alice").await.unwrap().status(), 404);
    for (id, amount) in [("kept", "-7"), ("gone", "-8")] {
        basiq.deliver(&app, &basiq_body("conn-1", id, amount)).await;
        assert_eq!(socket.expect("transaction:new").await["transaction"]["userId"], json!("bob"), "{id}");
    }
    deletion["data"]["transaction"]["id"] = json!("kept");
    basiq.deliver(&app, &deletion).await;
    assert_eq!(app.get("alice", "/api/transactions").await, alices);
    let sync = app.request(Method::POST, "/api/connectors/basiq/connections/conn-1/sync");
    assert_eq!(sync.bearer_auth(app.token("bob", 60)).send().await.unwrap().status(), 202);
    socket.expect("transaction:deleted").await;
    assert_eq!(socket.expect("sync:complete").await["stats"]["totalTransactions"], json!(1));
}
