//! Limits of request rates and sizes.

use std::num::NonZeroU32;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::config::LimitsConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Basiq, Socket, TestApp, basiq_body, code, config};

/// A server behind a proxy on this machine: the proxy states the caller's address.
async fn behind_proxy(limits: LimitsConfig) -> TestApp {
    let mut config = config();
    config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    config.limits = limits;
    TestApp::with(config).await
}

async fn call_from(app: &TestApp, address: &str, path: &str) -> Response {
    app.request(Method::GET, path).header("x-forwarded-for", address).send().await.unwrap()
}

fn seconds(response: &Response) -> u64 {
    response.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_address_that_calls_too_often_waits_and_others_do_not() {
    let limits = LimitsConfig { calls_per_address: NonZeroU32::new(2), ..LimitsConfig::default() };
    let app = behind_proxy(limits).await;
    for _ in 0..2 {
        assert_eq!(call_from(&app, "198.51.100.1", "/api/connectors").await.status(), 200);
    }
    let refused = call_from(&app, "203.0.113.5, 198.51.100.1", "/api/connectors").await;
    assert!((1..=31).contains(&seconds(&refused)));
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    assert_eq!(call_from(&app, "198.51.100.2", "/api/connectors").await.status(), 200);
    assert_eq!(call_from(&app, "198.51.100.1", "/health/ready").await.status(), 200, "probes are not counted");
}

#[tokio::test]
async fn without_a_trusted_proxy_the_header_changes_nothing() {
    let mut config = config();
    config.limits.calls_per_address = NonZeroU32::new(1);
    let app = TestApp::with(config).await;
    for _ in 0..5 {
        assert_eq!(
            call_from(&app, "198.51.100.1", "/api/connectors").await.status(),
            200,
            "this machine is not limited"
        );
    }
}

#[tokio::test]
async fn new_sockets_count_by_address_and_their_polling_does_not() {
    let limits = LimitsConfig { sockets_per_address: NonZeroU32::new(1), ..LimitsConfig::default() };
    let app = behind_proxy(limits).await;
    let opened = call_from(&app, "198.51.100.1", "/socket.io/?EIO=4&transport=polling").await;
    assert_eq!(opened.status(), 200);
    let open: Value = serde_json::from_str(opened.text().await.unwrap().trim_start_matches('0')).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    let post = app.request(Method::POST, &path).header("x-forwarded-for", "198.51.100.1").body("40").send();
    assert_eq!(post.await.unwrap().status(), 200);
    assert_eq!(call_from(&app, "198.51.100.1", &path).await.status(), 200);
    let refused = call_from(&app, "198.51.100.1", "/socket.io/?EIO=4&transport=polling").await;
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
}

#[tokio::test]
async fn polling_counts_by_address() {
    let limits = LimitsConfig { polls_per_address: NonZeroU32::new(2), ..LimitsConfig::default() };
    let app = behind_proxy(limits).await;
    let post = |address: &'static str, path: String| {
        app.request(Method::POST, &path).header("x-forwarded-for", address).body("2").send()
    };
    for (address, statuses) in [("198.51.100.1", [200, 200, 429]), ("198.51.100.2", [200, 200, 429])] {
        let opened = call_from(&app, address, "/socket.io/?EIO=4&transport=polling").await;
        let open: Value = serde_json::from_str(opened.text().await.unwrap().trim_start_matches('0')).unwrap();
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={}", open["sid"].as_str().unwrap());
        for status in statuses {
            assert_eq!(post(address, path.clone()).await.unwrap().status(), status, "{address}");
        }
    }
}

#[tokio::test]
async fn a_user_that_calls_too_often_waits_and_others_do_not() {
    let mut config = config();
    config.limits.calls_per_user = NonZeroU32::new(2);
    let app = TestApp::with(config).await;
    for _ in 0..2 {
        app.get("alice", "/api/accounts").await;
    }
    let refused = app.request(Method::GET, "/api/accounts").bearer_auth(app.token("alice", 60)).send().await.unwrap();
    assert!(seconds(&refused) >= 1);
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    app.get("bob", "/api/accounts").await;
}

#[tokio::test]
async fn deliveries_count_for_all_connections_of_their_user() {
    let mut config = config();
    config.limits.webhooks_per_user = NonZeroU32::new(2);
    let app = TestApp::with(config).await;
    for (connection, user) in [("conn-1", "alice"), ("conn-2", "alice"), ("conn-3", "bob")] {
        app.register(connection, user).await;
    }
    let mut basiq = Basiq::default();
    for connection in ["conn-1", "conn-2"] {
        basiq.deliver(&app, &basiq_body(connection, "t1", "-1")).await;
    }
    let refused = basiq.send(&app, &basiq_body("conn-1", "t2", "-1")).await;
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    basiq.deliver(&app, &basiq_body("conn-3", "t1", "-1")).await;
}

#[tokio::test]
async fn what_is_not_signed_uses_up_nobodys_share_but_its_senders() {
    let limits = LimitsConfig {
        webhooks_per_connection: NonZeroU32::new(1),
        webhooks_per_address: NonZeroU32::new(3),
        ..LimitsConfig::default()
    };
    let app = behind_proxy(limits).await;
    app.register("conn-1", "alice").await;
    let forged = |address: &'static str| {
        let request = app.request(Method::POST, "/api/connectors/basiq/webhook").header("x-forwarded-for", address);
        request.json(&basiq_body("conn-1", "t1", "-1")).send()
    };
    for _ in 0..3 {
        assert_eq!(forged("198.51.100.1").await.unwrap().status(), 401);
    }
    assert_eq!(forged("198.51.100.1").await.unwrap().status(), 429);
    Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
}

#[tokio::test]
async fn a_connection_is_not_synchronised_without_end() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let sync = || {
        let request = app.request(Method::POST, "/api/connectors/basiq/connections/conn-1/sync");
        request.bearer_auth(app.token("alice", 60)).send()
    };
    // During the calls, the limit partly recovers.
    let mut taken = 0;
    let refused = loop {
        let answer = sync().await.unwrap();
        if answer.status() == 429 {
            break answer;
        }
        assert_eq!(answer.status(), 202);
        taken += 1;
        assert!(taken < 60, "there is no limit");
    };
    assert!(taken >= 12 && seconds(&refused) > 0);
}

#[tokio::test]
async fn sign_ins_count_by_address_whatever_e_mail_address_they_try() {
    let app = behind_proxy(LimitsConfig::default()).await;
    let try_with = |index: u32, address: &'static str| {
        let proof = json!({ "token": format!("not.a.token-{index}") });
        app.request(Method::POST, "/api/session").header("x-forwarded-for", address).json(&proof).send()
    };
    // During the calls, the limit partly recovers.
    let mut tries = 0;
    let refused = loop {
        let answer = try_with(tries, ["2001:db8::1", "2001:db8::2"][tries as usize % 2]).await.unwrap();
        if answer.status() == 429 {
            break answer;
        }
        assert_eq!(answer.status(), 401);
        tries += 1;
        assert!(tries < 600, "there is no limit");
    };
    assert!(tries >= 120);
    assert!(seconds(&refused) >= 1);
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    assert_eq!(try_with(0, "2001:db8:0:1::1").await.unwrap().status(), 401, "the next /64 is somebody else's");
}

#[tokio::test]
async fn a_socket_has_ten_tries_to_sign_in() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    for _ in 0..10 {
        socket.authenticate("alice", "not.a.token").await;
        assert_eq!(socket.expect("error").await["code"], json!("INVALID_TOKEN"));
    }
    assert_eq!(socket.expect("error").await["code"], json!("RATE_LIMITED"));
    socket.expect_disconnect().await;
}

#[tokio::test]
async fn a_socket_that_floods_the_server_with_events_is_disconnected() {
    let app = TestApp::start().await;
    let mut socket = app.signed_in("alice").await;
    for _ in 0..1001 {
        socket.emit("noise", &Value::Null).await;
    }
    assert_eq!(socket.expect("error").await["code"], json!("RATE_LIMITED"));
    socket.expect_disconnect().await;
    assert_eq!(app.hub.count("alice"), 0);
}

/// Sends raw bytes; returns the first line of the answer.
async fn raw(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.address.trim_start_matches("http://")).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.unwrap_or_default();
    String::from_utf8_lossy(&answer[..read]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn heads_are_bounded_in_size_and_in_number_of_fields() {
    let app = TestApp::start().await;
    let get = |fields: &str| format!("GET /health/live HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    assert_eq!(raw(&app, &get("cookie: a=b\r\n")).await, "HTTP/1.1 200 OK");
    let long = format!("x-long: {}\r\n", "x".repeat(40_000));
    assert_eq!(raw(&app, &get(&long)).await, "HTTP/1.1 431 Request Header Fields Too Large");
    let many: String = (0..120).map(|index| format!("x-{index}: 1\r\n")).collect();
    assert_eq!(raw(&app, &get(&many)).await, "HTTP/1.1 431 Request Header Fields Too Large");
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_was_read_reaches_a_caller_that_sends_first_and_then_listens() {
    let app = TestApp::start().await;
    let address = app.address.trim_start_matches("http://");
    let body = vec![b'x'; 1024 * 1024 + 200_000];
    for (path, status) in
        [("/api/connectors/basiq/webhook", 413), ("/api/session", 413), ("/api/connectors/x/webhook", 404)]
    {
        // A reset overtakes the answer only by chance.
        for attempt in 0..10 {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n", body.len());
            connection.write_all(head.as_bytes()).await.unwrap();
            connection.write_all(&body).await.unwrap_or_else(|error| panic!("{path}, {attempt}: {error}"));
            // The connection accepts another request.
            connection.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut answers = String::new();
            connection.read_to_string(&mut answers).await.unwrap_or_else(|error| panic!("{path}, {attempt}: {error}"));
            assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{path}, {attempt}: {answers}");
            assert!(answers.contains("HTTP/1.1 200 "), "{path}, {attempt}: {answers}");
        }
    }
}

#[tokio::test]
async fn a_caller_that_sends_without_end_is_cut_off() {
    let app = TestApp::start().await;
    let address = app.address.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /api/session HTTP/1.1\r\nhost: {address}\r\ncontent-length: 9999999999\r\n\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut sent = 0;
    while connection.write_all(&[b'x'; 64 * 1024]).await.is_ok() {
        sent += 64 * 1024;
        assert!(sent < 64 * 1024 * 1024, "it is still listened to");
    }
}

#[tokio::test]
async fn bodies_and_messages_are_bounded() {
    let app = TestApp::start().await;
    let large = "x".repeat(300_000);
    // A call of the API, and one of the pages.
    for path in ["/api/session", "/api/_ui/transactions"] {
        let answer = app.request(Method::POST, path).json(&json!({ "token": large })).send().await.unwrap();
        assert_eq!(code(answer).await, (413, "PAYLOAD_TOO_LARGE".to_owned()), "{path}");
    }
    let mut socket = app.socket().await;
    socket.send(format!("42[\"ping\",\"{large}\"]")).await;
    assert_eq!(socket.packet().await, None, "the connection is closed");
    let mut other = Socket::connect(&app.address, None, &[]).await;
    other.expect_nothing().await;
}
