//! No socket ever gets an event of another user, whatever is tried.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::{Basiq, Socket, TestApp, basiq_body};

const USERS: u64 = 8;

fn user(index: u64) -> String {
    format!("user-{index}")
}

/// One attempt to sign in, honest or not; whose events the socket may get, if anybody's.
async fn attempt(app: &TestApp, random: &mut fastrand::Rng) -> (Socket, Option<String>) {
    let (me, other) = (user(random.u64(0..USERS)), user(random.u64(0..USERS)));
    let token = app.token(&me, 600);
    let since = random.u64(0..20);
    match random.u8(0..7) {
        // The event, as itself.
        0 => (by_event(app, json!({ "userId": me, "token": token })).await, Some(me)),
        // The event with another's name on it.
        1 => (by_event(app, json!({ "userId": other, "token": token })).await, (me == other).then_some(me)),
        // An expired token.
        2 => (by_event(app, json!({ "userId": me, "token": app.token(&me, -60) })).await, None),
        // Another's `since` is only a number.
        3 => (by_event(app, json!({ "userId": me, "token": token, "since": since })).await, Some(me)),
        // The handshake with another's name beside the token.
        4 => {
            let auth = json!({ "token": token, "userId": other, "since": since });
            (Socket::connect(&app.address, Some(auth), &[]).await, (me == other).then_some(me))
        }
        // Signed in, then trying to become somebody else.
        5 => {
            let mut socket = Socket::connect(&app.address, Some(json!({ "token": token })), &[]).await;
            socket.emit("authenticate", &json!({ "userId": other, "token": app.token(&other, 600) })).await;
            socket.emit("join", &json!(format!("user:{other}"))).await;
            (socket, Some(me))
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

/// Reads all that comes until the socket is quiet; every event must be the owner's.
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
                let told = payload["transaction"]["userId"]
                    .as_str()
                    .or_else(|| payload["connectionId"].as_str().and_then(|id| id.strip_prefix("conn-")));
                assert_eq!(told, owner.map(String::as_str), "seed {seed}: {name} {payload}");
            }
        }
    }
}

#[tokio::test]
async fn no_socket_ever_gets_an_event_of_another_user() {
    let mut in_all = 0;
    for seed in 0..6 {
        let mut random = fastrand::Rng::with_seed(seed);
        let app = TestApp::start().await;
        for index in 0..USERS {
            app.register(&format!("conn-{}", user(index)), &user(index)).await;
        }
        let (mut sockets, mut basiq) = (vec![], Basiq::default());
        let mut owners: HashMap<String, u32> = HashMap::new();
        for number in 0..60_u32 {
            if random.bool() {
                let (socket, owner) = attempt(&app, &mut random).await;
                sockets.push((socket, owner));
            }
            let owner = user(random.u64(0..USERS));
            let mut body = basiq_body(&format!("conn-{owner}"), &format!("t{number}"), "-1");
            // Bodies that claim to be somebody else's.
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
    }
    assert!(in_all > 200, "the sockets saw {in_all} events");
}

/// The core app may register a connection for somebody else after its owner has deleted it.
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
        app.request(reqwest::Method::DELETE, path).bearer_auth(app.token(user, 60)).send()
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
    let sync = app.request(reqwest::Method::POST, "/api/connectors/basiq/connections/conn-1/sync");
    assert_eq!(sync.bearer_auth(app.token("bob", 60)).send().await.unwrap().status(), 202);
    socket.expect("transaction:deleted").await;
    assert_eq!(socket.expect("sync:complete").await["stats"]["totalTransactions"], json!(1));
}
