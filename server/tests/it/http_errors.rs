//! Every refusal has the API's format and a suitable status, whatever layer it comes from.

use reqwest::{Method, Response};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Basiq, SERVICE_SECRET, TestApp, basiq_body, code, config, post};

/// Sends raw bytes on a separate connection; returns the status and the whole answer.
async fn raw(app: &TestApp, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(app.address.trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    // Up to the end of the body, because the server keeps the connection open.
    while !answer.ends_with(b"}") {
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => answer.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, answer)
}

fn is_of_the_api(answer: &str, code: &str) -> bool {
    let lower = answer.to_lowercase();
    let has_headers = ["content-type: application/json", "cache-control: no-store", "x-content-type-options: nosniff"];
    answer.contains(&format!(r#""code":"{code}""#)) && has_headers.iter().all(|header| lower.contains(header))
}

#[tokio::test]
async fn a_request_without_a_path_or_with_a_wrong_host_is_malformed() {
    let app = TestApp::start().await;
    for request in [
        "GET x HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "CONNECT h:22 HTTP/1.1\r\nhost: h:22\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /health/live HTTP/1.1\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nhost: user@a\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nhost: a b\r\n\r\n",
        "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n",
    ] {
        let (status, answer) = raw(&app, request).await;
        assert_eq!(status, 400, "{request}: {answer}");
        assert!(is_of_the_api(&answer, "BAD_REQUEST"), "{request}: {answer}");
    }
    let (status, _) = raw(&app, "GET http://localhost/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(status, 200, "the whole address, as proxies are sent it");
}

#[tokio::test]
async fn a_handshake_that_is_no_websocket_handshake_is_not_answered_as_one() {
    let app = TestApp::start().await;
    let handshake =
        |fields: &str| format!("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = "connection: Upgrade\r\nupgrade: websocket\r\n";
    for fields in [
        format!("{key}sec-websocket-version: 13\r\n"),
        format!("{upgrade}sec-websocket-version: 13\r\n"),
        format!("{upgrade}sec-websocket-key: short\r\nsec-websocket-version: 13\r\n"),
    ] {
        let (status, answer) = raw(&app, &handshake(&fields)).await;
        assert!(status == 400 && is_of_the_api(&answer, "BAD_REQUEST"), "{fields}: {answer}");
    }
    let (status, answer) = raw(&app, &handshake(&format!("{upgrade}{key}sec-websocket-version: 8\r\n"))).await;
    assert!(status == 426 && is_of_the_api(&answer, "UPGRADE_REQUIRED"), "{answer}");
    assert!(answer.to_lowercase().contains("sec-websocket-version: 13"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_in_the_same_form() {
    let app = TestApp::start().await;
    let long = format!("x-long: {}\r\n", "x".repeat(20_000));
    let many: String = (0..120).map(|index| format!("x-{index}: 1\r\n")).collect();
    for fields in [long, many] {
        let (status, answer) = raw(&app, &format!("GET /health/live HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).await;
        assert!(status == 431 && is_of_the_api(&answer, "HEADERS_TOO_LARGE"), "{answer}");
    }
}

#[tokio::test]
async fn what_libraries_refuse_has_the_same_form() {
    let app = TestApp::start().await;
    let service = |method, path: &str| app.request(method, path).header("x-service-secret", SERVICE_SECRET);
    let put = "/api/connectors/basiq/connections/c1";
    let answers: [(reqwest::RequestBuilder, u16, &str); 9] = [
        (service(Method::PUT, put).body("{}"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (service(Method::PUT, put).json(&json!({ "userId": 7 })), 400, "BAD_REQUEST"),
        (service(Method::PUT, put).header("content-type", "application/json").body("{"), 400, "BAD_REQUEST"),
        (service(Method::GET, "/api/connectors/%ff/status"), 404, "NOT_FOUND"),
        (service(Method::PATCH, put), 405, "METHOD_NOT_ALLOWED"),
        (service(Method::GET, "/api/connectors/basiq/webhook"), 405, "METHOD_NOT_ALLOWED"),
        (service(Method::GET, "/api"), 404, "NOT_FOUND"),
        (service(Method::GET, "/api/nothing"), 404, "NOT_FOUND"),
        (app.request(Method::GET, "/api/transactions?limit=x").bearer_auth(app.token("a", 60)), 400, "BAD_REQUEST"),
    ];
    for (request, status, expected) in answers {
        let answer = request.send().await.unwrap();
        let address = answer.url().to_string();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{address}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{address}");
        assert_eq!(code(answer).await, (status, expected.to_owned()), "{address}");
    }
}

#[tokio::test]
async fn the_demos_sign_in_takes_a_form_or_json_and_says_what_is_wrong_with_either() {
    let mut demo = config();
    demo.demo = true;
    let app = TestApp::with(demo).await;
    let sign_in = || app.request(Method::POST, "/api/demo/session");
    let form = |body: &'static str| sign_in().header("content-type", "application/x-www-form-urlencoded").body(body);
    assert_eq!(form("userId=demo-alex").send().await.unwrap().status(), 303);
    assert_eq!(sign_in().json(&json!({ "userId": "demo-alex" })).send().await.unwrap().status(), 303);
    for malformed in [form("user=x"), sign_in().json(&json!({}))] {
        assert_eq!(code(malformed.send().await.unwrap()).await, (400, "BAD_REQUEST".to_owned()));
    }
    assert_eq!(code(sign_in().body("x").send().await.unwrap()).await.0, 415);
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_that_name() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    for encoding in ["gzip", "br", "deflate", "gzip, identity"] {
        let request = app.request(Method::POST, "/api/connectors/basiq/webhook").header("content-encoding", encoding);
        let answer = request.body("x").send().await.unwrap();
        assert_eq!(code(answer).await, (415, "UNSUPPORTED_ENCODING".to_owned()), "{encoding}");
    }
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let mut headers = Basiq::default().sign("msg_1", &body, app.now());
    headers.push(("content-encoding".to_owned(), "identity".to_owned()));
    assert_eq!(post(&app, "basiq", headers, body).await.status(), 200);
}

#[tokio::test]
async fn a_slash_at_the_end_of_an_address_changes_nothing() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    for path in ["/api/connectors/basiq/webhook/", "/api/connectors/basiq/webhook/transactions/"] {
        let signed = Basiq::default().sign(path, &body, app.now());
        let fields = signed.iter().map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)));
        let request = app.request(Method::POST, path).headers(fields.collect::<Option<_>>().unwrap());
        assert_eq!(request.body(body.clone()).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/health/live/", "/api/connectors/?x=1"] {
        assert_eq!(app.request(Method::GET, path).send().await.unwrap().status(), 200, "{path}");
    }
}

async fn from_origin(app: &TestApp, method: Method, path: &str, origin: &str) -> Response {
    let request = app.request(method, path).header("origin", origin);
    request.header("access-control-request-method", "GET").send().await.unwrap()
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask_before_it_calls_and_read_every_refusal() {
    let mut config = config();
    config.http.allowed_origins = vec!["https://app.example".to_owned()];
    let app = TestApp::with(config).await;
    for path in ["/api/transactions", "/api/session", "/api/connectors/basiq/connections/c1", "/api/nothing"] {
        let preflight = from_origin(&app, Method::OPTIONS, path, "https://app.example").await;
        assert_eq!(preflight.status(), 200, "{path}");
        assert_eq!(preflight.headers()["access-control-allow-origin"], "https://app.example", "{path}");
        assert_eq!(preflight.headers()["access-control-allow-credentials"], "true", "{path}");
    }
    for (method, path, status) in [
        (Method::GET, "/api/transactions", 401),
        (Method::GET, "/api/nothing", 404),
        (Method::PATCH, "/api/transactions", 405),
    ] {
        let refused = from_origin(&app, method, path, "https://app.example").await;
        assert_eq!(refused.status(), status, "{path}");
        assert_eq!(refused.headers()["access-control-allow-origin"], "https://app.example", "{path}");
    }
    let put = || {
        let request = app.request(Method::PUT, "/api/connectors/basiq/connections/c1");
        request.header("origin", "https://app.example").header("x-service-secret", SERVICE_SECRET)
    };
    let json = || put().header("content-type", "application/json");
    for (request, status) in [
        (put().body("{}"), 415),
        (json().header("content-encoding", "gzip").body("{}"), 415),
        (json().body("x".repeat(3 * 1024 * 1024)), 413),
        (put().header("x-long", "x".repeat(20_000)), 431),
    ] {
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), status);
        assert_eq!(refused.headers()["access-control-allow-origin"], "https://app.example", "{status}");
    }
    let other = from_origin(&app, Method::OPTIONS, "/api/transactions", "https://evil.example").await;
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn private_answers_are_kept_by_no_cache_also_the_engines() {
    let mut config = config();
    config.http.secure_cookies = true;
    let app = TestApp::with(config).await;
    let token = app.token("alice", 60);
    for path in ["/api/accounts", "/api/connectors", "/health/live", "/socket.io/?EIO=4&transport=polling", "/nothing"]
    {
        let answer = app.request(Method::GET, path).bearer_auth(&token).send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers.contains_key("strict-transport-security"), "{path}");
    }
}

/// Answers to page requests from programs that do not accept HTML.
#[cfg(feature = "ui")]
#[tokio::test]
async fn a_page_that_moves_says_so_whatever_the_caller_accepts_and_a_name_no_file_has_is_not_found() {
    let app = TestApp::start().await;
    for accept in [None, Some("text/html"), Some("application/json"), Some("*/*")] {
        let request = app.request(Method::GET, "/");
        let request = accept.into_iter().fold(request, |request, accept| request.header("accept", accept));
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
            (302, "/sign-in"),
            "{accept:?}"
        );
    }
    let long = format!("/pkg/{}", "x".repeat(300));
    assert_eq!(code(app.request(Method::GET, &long).send().await.unwrap()).await, (404, "NOT_FOUND".to_owned()));
}

#[cfg(feature = "ui")]
#[tokio::test]
async fn a_malformed_call_of_a_page_is_refused_and_its_referer_leads_nowhere() {
    let app = TestApp::start().await;
    let cookie = crate::support::cookie(&app, "alice").await;
    for (body, kind) in
        [("{", "application/json"), ("", "application/json"), ("\u{0}", "application/x-www-form-urlencoded")]
    {
        let call = app.request(Method::POST, "/api/_ui/transactions").header("content-type", kind).body(body);
        let call =
            call.header("referer", "https://evil.example/").header("accept", "text/html").header("cookie", &cookie);
        let answer = call.header("origin", &app.address).send().await.unwrap();
        assert!(answer.headers().get("location").is_none(), "{kind} {body:?}");
        assert!(answer.status().is_client_error(), "{} for {kind} {body:?}", answer.status());
    }
}
