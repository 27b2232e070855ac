//! The real binary, killed and started again on the same port and file.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use server::auth::token;
use server::config::Secret;

use crate::support::{BASIQ_SECRET, SERVICE_SECRET};

const JWT_SECRET: &str = "jwt-secret-of-the-crash-test-0123";

pub(super) struct ServerProcess {
    child: Child,
    folder: PathBuf,
    port: u16,
    core_app: String,
    client: reqwest::Client,
}

impl ServerProcess {
    pub(super) async fn start(core_app: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tallywire-crash-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = spawn(&folder, port, core_app);
        let server = Self { child, folder, port, core_app: core_app.to_owned(), client: reqwest::Client::new() };
        server.ready().await;
        server
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// SIGKILL, which no process can prepare for.
    pub(super) async fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(&self.folder, self.port, &self.core_app);
        self.ready().await;
    }

    pub(super) async fn register(&self, connection_id: &str, user_id: &str) {
        let url = format!("{}/api/connectors/basiq/connections/{connection_id}", self.address());
        let call = self.client.put(url).header("x-service-secret", SERVICE_SECRET).json(&json!({ "userId": user_id }));
        assert_eq!(call.send().await.unwrap().status(), 201);
    }

    pub(super) async fn get(&self, user_id: &str, path: &str) -> Value {
        let call = self.client.get(format!("{}{path}", self.address())).bearer_auth(user_token(user_id));
        call.send().await.unwrap().json().await.unwrap()
    }

    async fn ready(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        let url = format!("{}/health/ready", self.address());
        while !self.client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(tokio::time::Instant::now() < deadline, "the server did not come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn user_token(user_id: &str) -> String {
    token::sign(&Secret::new(JWT_SECRET), user_id, Timestamp::now(), 3600).unwrap()
}

fn spawn(folder: &std::path::Path, port: u16, core_app: &str) -> Child {
    // `TALLYWIRE_CRASH_BINARY`: another build, such as the release that is about to go out.
    let binary = std::env::var("TALLYWIRE_CRASH_BINARY");
    Command::new(binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_tallywire")))
        .arg("serve")
        .current_dir(folder)
        .env_clear()
        .env("CONNECTORS_HOST", "127.0.0.1")
        .env("CONNECTORS_PORT", port.to_string())
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .env("BASIQ_WEBHOOK_SECRET", BASIQ_SECRET)
        .env("CORE_APP_URL", core_app)
        .env("CORE_APP_RETRY_DELAY", "50")
        .env("WEBHOOK_RATE_LIMIT", "0")
        .env("RUST_LOG", "error")
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}
