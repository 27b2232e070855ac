//! No log, answer or output of the command line contains a secret, whatever the log level.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use server::auth::signer::TokenSigner;
use server::config::Secret;

use crate::support::{Basiq, CoreAppDouble, KeyServer, Mood, SERVICE_SECRET as SERVICE, Socket, basiq_body, config};

const JWT: &str = "jwt-secret-that-must-not-be-seen-anywhere";
const BASIQ: &str = "whsec_bXVzdC1ub3QtYmUtc2VlbgbXVzdC1ub3Q";
const APIDECK: &str = "apideck-key-that-must-not-be-seen";
const KEYS: &str = "query-of-the-keys-address";
const PASSWORD: &str = "correct horse not to be seen";
const WRONG: &str = "wrong horse not to be seen either";

fn tallywire(folder: &Path, port: u16, core_app: &str, keys: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tallywire"));
    command
        .current_dir(folder)
        .env_clear()
        .env("CONNECTORS_HOST", "127.0.0.1")
        .env("CONNECTORS_PORT", port.to_string())
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT)
        .env("JWT_JWKS_URL", format!("{keys}?key={KEYS}"))
        .env("SERVICE_SECRET", SERVICE)
        .env("BASIQ_WEBHOOK_SECRET", BASIQ)
        .env("APIDECK_WEBHOOK_SECRET", APIDECK)
        .env("CORE_APP_URL", core_app)
        .env("CORE_APP_RETRY_DELAY", "50")
        .env("ADMIN_USERS", "alice")
        .env("SECURE_COOKIES", "false")
        .env("RUST_LOG", "trace,socketioxide=trace,socketioxide::client=trace,socketioxide::ns=debug,engineioxide::transport=trace,tungstenite::protocol=trace");
    command
}

struct Visited {
    address: String,
    client: reqwest::Client,
    /// All answers.
    answers: String,
    /// The secrets made during the test.
    made: Vec<String>,
}

impl Visited {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    async fn note(&mut self, request: RequestBuilder) -> (u16, http::HeaderMap) {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        self.answers.push_str(&answer.text().await.unwrap());
        (status, headers)
    }

    fn token(&mut self, user_id: &str) -> String {
        let mut settings = config().auth;
        settings.jwt_secrets = vec![Secret::new(JWT)];
        let token = TokenSigner::new(&settings).unwrap().sign(user_id, Timestamp::now(), 600).unwrap();
        // The signature is the secret part.
        self.made.push(token.rsplit('.').next().unwrap().to_owned());
        token
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_told_however_much_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let core_app = CoreAppDouble::start().await;
    let keys = KeyServer::start().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let command = || tallywire(folder.path(), port, "http://127.0.0.1:9", &keys.url);
    let mut printed = String::new();
    printed.push_str(&add_user(&mut command()));
    printed.push_str(&all_output(command().arg("check-config")));

    let log = folder.path().join("log");
    let mut serve = tallywire(folder.path(), port, &core_app.address, &keys.url);
    let mut child = serve.arg("serve").stderr(File::create(&log).unwrap()).stdout(Stdio::null()).spawn().unwrap();
    let mut visited = Visited {
        address: format!("http://127.0.0.1:{port}"),
        client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
        answers: String::new(),
        made: vec![],
    };
    while visited.request(Method::GET, "/health/ready").send().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    visit(&mut visited, &core_app).await;
    stop(&mut child);

    let log = std::fs::read_to_string(&log).unwrap();
    for logged in ["DEBUG", "a delivery was refused", "the core app refuses SERVICE_SECRET", "JWT_AUDIENCE is not set"]
    {
        assert!(log.contains(logged), "{logged} is not in the log");
    }
    let fixed = [JWT, SERVICE, BASIQ, &BASIQ[6..], APIDECK, KEYS, PASSWORD, WRONG].map(str::to_owned);
    for secret in fixed.iter().chain(&visited.made) {
        for (place, text) in [("the log", &log), ("an answer", &visited.answers), ("the command line", &printed)] {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(line.is_none(), "{secret} is in {place}: {line:?}");
        }
    }
}

/// Makes every call that involves a secret, valid and invalid.
async fn visit(visited: &mut Visited, core_app: &CoreAppDouble) {
    let token = visited.token("alice");
    let connection = "/api/connectors/basiq/connections/conn-1";
    for secret in [SERVICE, WRONG] {
        let put = visited.request(Method::PUT, connection).header("x-service-secret", secret);
        visited.note(put.json(&json!({ "userId": "alice" }))).await;
        let put = visited.request(Method::PUT, connection).bearer_auth(secret).json(&json!({ "userId": "alice" }));
        visited.note(put).await;
    }
    for (number, secret) in [BASIQ, "whsec_b3RoZXI="].into_iter().enumerate() {
        let body = basiq_body("conn-1", &format!("t{number}"), "-1").to_string();
        let signed = Basiq::with_secret(secret).sign(&format!("m{number}"), body.as_bytes(), Timestamp::now());
        let mut post = visited.request(Method::POST, "/api/connectors/basiq/webhook").body(body);
        for (name, value) in signed {
            post = post.header(name, value);
        }
        // Credentials that do not belong to a delivery are not kept with it.
        post = post.bearer_auth(&token).header("cookie", format!("tallywire_session={WRONG}"));
        visited.note(post.header("x-service-secret", SERVICE)).await;
    }
    let apideck =
        visited.request(Method::POST, "/api/connectors/apideck/webhook").header("x-apideck-signature", APIDECK);
    visited.note(apideck.body("{}")).await;
    let form = visited.request(Method::POST, "/sign-in").header("content-type", "application/x-www-form-urlencoded");
    visited.note(form.body(format!("email=alice%40example.com&password={}", WRONG.replace(' ', "%20")))).await;
    for password in [WRONG, PASSWORD] {
        let proof = json!({ "email": "alice@example.com", "password": password });
        let (_, headers) = visited.note(visited.request(Method::POST, "/api/session").json(&proof)).await;
        if let Some(cookie) = headers.get("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            visited.made.push(pair.split_once('=').unwrap().1.to_owned());
            for path in ["/", "/api/accounts", "/admin", "/api/admin/inbox/1", "/metrics", "/api/connectors"] {
                visited.note(visited.request(Method::GET, path).header("cookie", &pair)).await;
            }
        }
    }
    by_socket(visited).await;
    core_app.be(Mood::Answers(401)).await;
    let push =
        visited.request(Method::POST, "/api/bank/transactions").bearer_auth(SERVICE).header("x-user-id", "alice");
    let pushed = json!({ "transactionId": "p1", "description": "x", "amount": 1, "date": "2026-11-20T08:30:00Z" });
    visited.note(push.json(&pushed)).await;
    let outbox = |visited: &Visited| visited.request(Method::GET, "/api/admin/outbox").bearer_auth(SERVICE);
    while core_app.calls() < 2 {
        visited.note(outbox(visited)).await;
    }
    visited.note(outbox(visited)).await;
    visited.note(visited.request(Method::GET, "/api/accounts").bearer_auth(&token)).await;
}

async fn by_socket(visited: &mut Visited) {
    let (good, other) = (visited.token("alice"), visited.token("bob"));
    let mut by_handshake = Socket::connect(&visited.address, Some(json!({ "token": good })), &[]).await;
    visited.answers.push_str(&by_handshake.packet().await.unwrap());
    for token in [&good, &other, &format!("{good}x")] {
        let mut by_event = Socket::connect(&visited.address, None, &[]).await;
        by_event.authenticate("alice", token).await;
        visited.answers.push_str(&by_event.packet().await.unwrap());
        let opened = visited.request(Method::GET, "/socket.io/?EIO=4&transport=polling");
        let opened = opened.send().await.unwrap().text().await.unwrap();
        let open: Value = serde_json::from_str(&opened[1..]).unwrap();
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={}", open["sid"].as_str().unwrap());
        let join = visited.request(Method::POST, &path).body(format!("40{}", json!({ "token": token })));
        visited.note(join).await;
        visited.note(visited.request(Method::GET, &path)).await;
    }
}

fn add_user(command: &mut Command) -> String {
    command.args(["user", "add", "alice@example.com", "--id", "alice"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

fn all_output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

fn stop(child: &mut Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}
