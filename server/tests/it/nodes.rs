//! Guarantees to a user that hold on every node of one database.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::COOKIE;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sha2::Sha256;
use sqlx::Connection as _;

use crate::postgres::{two_nodes, two_nodes_with};
use crate::support::{Basiq, Polling, SERVICE_SECRET, Socket, TestApp, basiq_body, code, config, cookie};

/// The time limit of an immediate effect.
const SOON: Duration = Duration::from_secs(20);

/// Signs a socket in; returns it, or the error code.
async fn sign_in(app: &TestApp, user_id: &str) -> Result<Socket, String> {
    let mut socket = Socket::connect(&app.address, Some(json!({ "token": app.token(user_id, 600) })), &[]).await;
    match socket.event().await {
        (name, _) if name == "authenticated" => Ok(socket),
        (_, error) => Err(error["code"].as_str().unwrap().to_owned()),
    }
}

#[tokio::test]
async fn a_users_sockets_and_streams_are_limited_over_all_nodes_and_one_that_leaves_makes_room() {
    let (here, there, _) = two_nodes().await;
    let stream = |app: &TestApp| {
        let request = app.request(Method::GET, "/api/events").bearer_auth(app.token("alice", 600));
        async { request.send().await.unwrap() }
    };
    let mut sockets = vec![];
    for app in [&here, &there, &here, &there, &here, &there, &here, &there] {
        sockets.push(sign_in(app, "alice").await.unwrap());
    }
    let streams = [stream(&here).await, stream(&there).await];
    assert!(streams.iter().all(|stream| stream.status() == StatusCode::OK));
    for app in [&here, &there] {
        assert_eq!(sign_in(app, "alice").await.err().as_deref(), Some("CONNECTION_LIMIT"));
        assert_eq!(code(stream(app).await).await, (429, "CONNECTION_LIMIT".to_owned()));
    }
    sign_in(&here, "bob").await.unwrap();
    // The first socket is on this node, and the next one joins the other.
    drop(sockets.remove(0));
    sockets.push(sign_in(&there, "alice").await.unwrap());
    drop(streams);
    sockets.push(sign_in(&here, "alice").await.unwrap());
    sockets.push(sign_in(&there, "alice").await.unwrap());
    assert_eq!(sign_in(&there, "alice").await.err().as_deref(), Some("CONNECTION_LIMIT"));
}

#[tokio::test]
async fn a_node_whose_registration_has_expired_disconnects_its_sockets_and_they_come_back() {
    let (here, there, url) = two_nodes().await;
    let mut socket = sign_in(&here, "alice").await.unwrap();
    let stream = here.request(Method::GET, "/api/events").bearer_auth(here.token("alice", 600)).send().await.unwrap();
    let polling = Polling::join(&here, &json!({ "token": here.token("alice", 600) })).await;
    while !polling.poll().await.iter().any(|packet| packet.contains("authenticated")) {}
    let mut database = sqlx::PgConnection::connect(&url).await.unwrap();
    let expire = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sqlx::query("UPDATE nodes SET expires_at = clock_timestamp()").execute(&mut database).await.unwrap();
    };
    // The waiting poll is answered; after that the session is unknown.
    let (packets, ()) = tokio::join!(polling.poll(), expire);
    assert!(packets.iter().any(|packet| packet.contains("AUTH_UNAVAILABLE")), "{packets:?}");
    assert_eq!(polling.post("3").await, 400);
    // It is not a disconnect by the server, after which official clients would stay away.
    assert_eq!(socket.packet().await, None, "the connection is lost");
    tokio::time::timeout(SOON, stream.text()).await.unwrap().unwrap();
    assert_eq!(here.hub.count("alice"), 0);
    let begun = Instant::now();
    for app in [&here, &there] {
        while sign_in(app, "alice").await.is_err() {
            assert!(begun.elapsed() < SOON, "nobody can sign in again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn without_the_database_nobody_signs_in_and_nobody_is_disconnected() {
    let (here, _there, _) = two_nodes().await;
    let mut socket = sign_in(&here, "alice").await.unwrap();
    here.state.store.close().await;
    assert_eq!(sign_in(&here, "alice").await.err().as_deref(), Some("AUTH_UNAVAILABLE"));
    socket.expect_nothing().await;
}

#[tokio::test]
async fn a_socket_whose_sign_in_could_not_be_checked_loses_its_connection_so_that_it_comes_back() {
    let mut settings = config();
    settings.realtime.auth_timeout = Duration::from_millis(500);
    let (app, _there, _) = two_nodes_with(settings).await;
    app.state.store.close().await;
    let auth = json!({ "token": app.token("alice", 600) });
    let mut socket = Socket::connect(&app.address, Some(auth), &[]).await;
    assert_eq!(socket.expect("error").await["code"], "AUTH_UNAVAILABLE");
    // Official clients do not reconnect after a disconnect by the server, but after a lost connection.
    assert_eq!(socket.packet().await, None, "the connection is lost");
}

/// The status of a call with a cookie.
async fn status(app: &TestApp, cookie: &str) -> StatusCode {
    app.request(Method::GET, "/api/session").header(COOKIE, cookie).send().await.unwrap().status()
}

/// A socket that has signed in with the dashboard's cookie.
async fn socket_with(app: &TestApp, cookie: &str) -> Socket {
    let mut socket = Socket::connect(&app.address, None, &[("cookie", cookie)]).await;
    socket.expect("authenticated").await;
    socket
}

#[tokio::test]
async fn a_sign_out_holds_on_every_node_at_once_for_calls_sockets_and_streams() {
    let (here, there, _) = two_nodes().await;
    let begun = Instant::now();
    // More rounds than polling, every 10 s, could finish in this time.
    for _ in 0..4 {
        let (cookie, other) = (cookie(&here, "alice").await, cookie(&there, "alice").await);
        let (mut socket, mut stays) = (socket_with(&there, &cookie).await, socket_with(&there, &other).await);
        let stream = there.request(Method::GET, "/api/events").header(COOKIE, &cookie).send().await.unwrap();
        assert_eq!(status(&there, &cookie).await, StatusCode::OK);
        let end = here.request(Method::DELETE, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
        assert_eq!(end.status(), StatusCode::NO_CONTENT);
        for app in [&here, &there] {
            assert_eq!(status(app, &cookie).await, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(socket.expect("error").await["code"], json!("TOKEN_EXPIRED"));
        tokio::time::timeout(SOON, stream.text()).await.unwrap().unwrap();
        stays.expect_nothing().await;
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn sign_ins_that_another_process_ends_are_over_on_every_node_also_without_a_wake_up() {
    let (here, there, _) = two_nodes().await;
    let cookie = cookie(&here, "alice").await;
    let mut sockets = [socket_with(&here, &cookie).await, socket_with(&there, &cookie).await];
    let streams = [&here, &there].map(|app| app.request(Method::GET, "/api/events").header(COOKIE, &cookie).send());
    let streams = futures_util::future::join_all(streams).await;
    // As `tallywire user sign-out` does.
    assert_eq!(here.state.store.delete_sessions("alice".to_owned()).await.unwrap(), 1);
    let begun = Instant::now();
    for app in [&here, &there] {
        assert_eq!(status(app, &cookie).await, StatusCode::UNAUTHORIZED);
    }
    for stream in streams {
        tokio::time::timeout(Duration::from_secs(30), stream.unwrap().text()).await.unwrap().unwrap();
    }
    for socket in &mut sockets {
        assert_eq!(socket.expect("error").await["code"], json!("TOKEN_EXPIRED"));
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

/// Removes a connection as a service.
async fn remove(app: &TestApp, connection_id: &str) {
    let path = format!("/api/connectors/basiq/connections/{connection_id}");
    let removed = app.request(Method::DELETE, &path).header("x-service-secret", SERVICE_SECRET).send().await.unwrap();
    assert_eq!(removed.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_comes_once_a_connection_has_passed_to_another_user_is_that_users_at_every_node() {
    let mut settings = config();
    settings.limits.webhooks_per_user = NonZeroU32::new(10_000);
    let (here, there, _) = two_nodes_with(settings).await;
    let users = ["alice", "bob"];
    let mut basiq = Basiq::default();
    for round in 0..6 {
        let (owner, other) = (users[round % 2], users[(round + 1) % 2]);
        let (at, elsewhere) = if round % 4 < 2 { (&here, &there) } else { (&there, &here) };
        assert!(at.register("conn-1", owner).await.status().is_success());
        let mut sockets = [elsewhere.signed_in(owner).await, elsewhere.signed_in(other).await];
        let id = format!("t{round}");
        // Both nodes have cached the connection's previous owner.
        basiq.deliver(elsewhere, &basiq_body("conn-1", &id, "-1")).await;
        assert_eq!(sockets[0].expect("transaction:new").await["transaction"]["transactionId"], json!(id));
        sockets[1].expect_nothing().await;
        let texts = [at.raw(owner, "/api/transactions").await, at.raw(other, "/api/transactions").await];
        assert_eq!((texts[0].contains(&id), texts[1].contains(&id)), (true, false), "round {round}");
        remove(elsewhere, "conn-1").await;
        let late = format!("late-{round}");
        basiq.deliver(at, &basiq_body("conn-1", &late, "-1")).await;
        for user_id in users {
            assert!(!at.raw(user_id, "/api/transactions").await.contains(&late), "it is nobody's yet");
        }
    }
}

/// Whether a node accepts a webhook from Up that is signed with this secret.
async fn up(app: &TestApp, secret: &str) -> StatusCode {
    let body = json!({ "data": {
        "type": "webhook-events",
        "id": "event-1",
        "attributes": { "eventType": "PING" },
        "relationships": { "webhook": { "data": { "type": "webhooks", "id": "hook-1" } } },
    } });
    let body = body.to_string();
    let mut signature = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    signature.update(body.as_bytes());
    let signature = hex::encode(signature.finalize().into_bytes());
    let webhook = app.request(Method::POST, "/api/connectors/up/webhook").body(body);
    webhook.header("x-up-authenticity-signature", signature).send().await.unwrap().status()
}

#[tokio::test]
async fn a_connections_secret_is_the_one_of_its_last_registration_at_every_node() {
    let mut settings = config();
    settings.sync.credential_keys = vec![[7; 32]];
    // The first sync reaches no server.
    settings.connectors.set("UP_API_URL", ["http://127.0.0.1:9"]);
    let (here, there, _) = two_nodes_with(settings).await;
    for (app, secret, former) in [(&here, "one", "none"), (&there, "two", "one"), (&here, "three", "two")] {
        let registration = json!({ "userId": "alice", "credentials": { "accessToken": "t", "webhookSecret": secret } });
        let path = "/api/connectors/up/connections/hook-1";
        let put = app.request(Method::PUT, path).header("x-service-secret", SERVICE_SECRET).json(&registration);
        assert!(put.send().await.unwrap().status().is_success());
        for node in [&here, &there] {
            assert_eq!(up(node, secret).await, StatusCode::OK);
            assert_eq!(up(node, former).await, StatusCode::UNAUTHORIZED);
        }
    }
    let path = "/api/connectors/up/connections/hook-1";
    let removed = there.request(Method::DELETE, path).header("x-service-secret", SERVICE_SECRET).send().await.unwrap();
    assert_eq!(removed.status(), StatusCode::OK);
    for node in [&here, &there] {
        assert_eq!(up(node, "three").await, StatusCode::SERVICE_UNAVAILABLE, "nobody can say whether it is authentic");
    }
}

/// Makes calls of a user at these nodes, one after the other; returns how many are within the limit, and the time
/// taken.
async fn calls_within(apps: &[&TestApp], calls: usize, user_id: &str) -> (u32, Duration) {
    let begun = Instant::now();
    let mut within = 0;
    for number in 0..calls {
        let app = apps[number % apps.len()];
        let call = app.request(Method::GET, "/api/session").bearer_auth(app.token(user_id, 600));
        within += u32::from(call.send().await.unwrap().status() == StatusCode::OK);
    }
    (within, begun.elapsed())
}

#[tokio::test]
async fn a_users_calls_are_limited_over_all_nodes_and_one_node_alone_gives_nearly_all() {
    let mut settings = config();
    settings.limits.calls_per_user = NonZeroU32::new(90);
    let (here, there, _) = two_nodes_with(settings).await;
    // A burst of 90, and then one and a half a second.
    let (within, took) = calls_within(&[&here, &there], 300, "alice").await;
    let most = 90.0 + took.as_secs_f64() * 1.5;
    assert!(f64::from(within) <= most * 1.5, "{within} of {most}");
    assert!(within >= 80, "{within}");
    let (within, took) = calls_within(&[&there], 100, "bob").await;
    assert!(within >= 80, "{within} in {took:?}");
}
