//! Limits on what one client, signed in or not, can make the server do.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::{JWT_SECRET, Polling, SERVICE_SECRET, Socket, TestApp, code, cookie};

#[tokio::test]
async fn a_client_that_asks_for_namespaces_that_do_not_exist_is_ended_after_a_few() {
    let app = TestApp::start().await;
    let mut socket = app.signed_in("alice").await;
    let mut refused = 0;
    for number in 0..20 {
        socket.send(format!("40/admin{number},")).await;
        match socket.packet().await {
            Some(packet) => assert_eq!(packet, format!(r#"44/admin{number},{{"message":"Invalid namespace"}}"#)),
            None => break,
        }
        refused += 1;
    }
    assert!((1..=5).contains(&refused), "{refused}");
    assert_eq!(app.hub.count("alice"), 0);
}

#[tokio::test]
async fn a_polling_client_that_asks_for_namespaces_that_do_not_exist_loses_its_session() {
    let app = TestApp::start().await;
    let polling = Polling::join(&app, &json!({ "token": app.token("alice", 600) })).await;
    polling.poll().await;
    assert_eq!(polling.post(&["40/x,"; 10].join("\u{1e}")).await, 200);
    let deadline = Instant::now() + Duration::from_secs(5);
    while polling.post("3").await != 400 {
        assert!(Instant::now() < deadline, "the session goes on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn events_are_counted_over_all_stays_of_a_connection() {
    let app = TestApp::start().await;
    let mut socket = app.signed_in("alice").await;
    let token = json!({ "token": app.token("alice", 600) });
    for stay in 0..3 {
        for _ in 0..400 {
            socket.send(r#"42["noise"]"#).await;
        }
        if stay < 2 {
            socket.expect_nothing().await;
            socket.send("41").await;
            socket.send(format!("40{token}")).await;
            assert!(socket.packet().await.is_some_and(|packet| packet.starts_with("40{")));
            socket.expect("authenticated").await;
        }
    }
    assert_eq!(socket.expect("error").await["code"], json!("RATE_LIMITED"));
    socket.expect_disconnect().await;
}

#[tokio::test]
async fn a_connection_that_joins_over_and_over_is_ended() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app.address, &[]).await.unwrap();
    let mut joined = 0;
    while joined < 100 {
        socket.send("40").await;
        match socket.packet().await {
            Some(packet) if packet.starts_with("40{") => joined += 1,
            _ => break,
        }
        socket.send("41").await;
    }
    assert_eq!(joined, 20);
}

#[tokio::test]
async fn a_client_that_leaves_comes_back_and_leaves_again_has_its_time_again() {
    let app = TestApp::start().await;
    let mut socket = app.socket().await;
    let rejoin = async |socket: &mut Socket| {
        socket.send("40").await;
        socket.packet().await.is_some_and(|packet| packet.starts_with("40{"))
    };
    socket.send("41").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(rejoin(&mut socket).await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    socket.send("41").await;
    // The first leave was more than five seconds ago, the second was not.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(rejoin(&mut socket).await, "the time of the first leave ended the second");
}

#[tokio::test]
async fn one_polling_request_brings_a_bounded_number_of_packets_and_a_session_a_bounded_number_of_bytes() {
    let app = TestApp::start().await;
    let polling = Polling::join(&app, &json!(null)).await;
    assert_eq!(polling.post(&["3"; 256].join("\u{1e}")).await, 200);
    assert_eq!(polling.post(&["3"; 257].join("\u{1e}")).await, 413);
    let large = format!("42[\"noise\",\"{}\"]", "x".repeat(60_000));
    let taken = [polling.post(&large).await, polling.post(&large).await, polling.post(&large).await];
    assert_eq!(taken, [200, 200, 429]);
    assert_eq!(Polling::join(&app, &json!(null)).await.post(&large).await, 200, "another session has its own");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let app = TestApp::start().await;
    let former = cookie(&app, "alice").await;
    let proof = json!({ "token": app.token("alice", 600) });
    let origin = app.address.as_str();
    let again =
        app.request(Method::POST, "/api/session").header("cookie", &former).header("origin", origin).json(&proof);
    assert_eq!(again.send().await.unwrap().status(), 200);
    let read = app.request(Method::GET, "/api/accounts").header("cookie", former).send().await.unwrap();
    assert_eq!(code(read).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn a_session_holds_no_longer_than_the_token_that_began_it() {
    let app = TestApp::start().await;
    let proof = json!({ "token": app.token("alice", 60) });
    let request = app.request(Method::POST, "/api/session").header("origin", app.address.as_str()).json(&proof);
    let begun = request.send().await.unwrap();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    let seconds = cookie.split("Max-Age=").nth(1).and_then(|rest| rest.split(';').next()?.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (58..=60).contains(&seconds)), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let read = || app.request(Method::GET, "/api/accounts").header("cookie", &cookie).send();
    assert_eq!(read().await.unwrap().status(), 200);
    app.advance(61);
    assert_eq!(read().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_header_that_proves_nothing_lets_no_other_sites_page_write_with_the_cookie() {
    let mut settings = crate::support::config();
    settings.http.allowed_origins = vec!["https://app.example".to_owned()];
    let app = TestApp::with(settings).await;
    let cookie = cookie(&app, "alice").await;
    for authorization in ["Basic YTpi", "Bearer", "x"] {
        let request = app.request(Method::DELETE, "/api/session").header("authorization", authorization);
        let refused = request.header("cookie", &cookie).header("origin", "https://app.example").send().await.unwrap();
        assert_eq!(code(refused).await, (403, "ORIGIN_NOT_ALLOWED".to_owned()), "{authorization}");
    }
    let read = app.request(Method::GET, "/api/accounts").header("cookie", cookie).send().await.unwrap();
    assert_eq!(read.status(), 200, "the session still holds");
}

/// Starts a server that may open this many files, with its log in the folder; returns its address and its process.
fn with_few_files(limits: &str, folder: &std::path::Path) -> (String, std::process::Child) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let command = format!("{limits} && exec {} serve", env!("CARGO_BIN_EXE_tallywire"));
    let child = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder)
        .env_clear()
        .env("CONNECTORS_HOST", "127.0.0.1")
        .env("CONNECTORS_PORT", port.to_string())
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap();
    (format!("127.0.0.1:{port}"), child)
}

/// Whether a new client is answered.
async fn visit(address: &str) -> bool {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    client.get(format!("http://{address}/health/live")).send().await.is_ok_and(|answer| answer.status() == 200)
}

async fn until_started(address: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !visit(address).await {
        assert!(Instant::now() < deadline, "the server did not start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn silent_connections_keep_a_visitor_waiting_for_seconds_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let (address, mut child) = with_few_files("ulimit -n 300", folder.path());
    until_started(&address).await;
    let mut silent = vec![];
    for _ in 0..400 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    let asked = Instant::now();
    let is_served = visit(&address).await;
    let waited = asked.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_served && waited < Duration::from_secs(5), "{waited:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_soft_limit_of_open_files_is_raised_to_the_hard_one_and_a_low_one_is_logged() {
    for (hard, is_low) in [(600, true), (8000, false)] {
        let folder = tempfile::tempdir().unwrap();
        let (address, mut child) = with_few_files(&format!("ulimit -Sn 300 && ulimit -Hn {hard}"), folder.path());
        until_started(&address).await;
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        assert_eq!(open_files.split_whitespace().nth(3), Some(hard.to_string().as_str()), "{open_files}");
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log.contains("the limit of open files is low"), is_low, "{log}");
    }
}
