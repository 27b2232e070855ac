//! One of the nodes: the real binary in its own network.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::network::Network;
use crate::support::{BASIQ_SECRET, JWT_SECRET, SERVICE_SECRET};

/// The most sockets of one user over all nodes.
pub(super) const LIMIT: u32 = 4;

pub(super) struct Node {
    pub(super) network: Network,
    child: Option<Child>,
    folder: TempDir,
    port: u16,
    /// The database's name in the server.
    database: String,
}

impl Node {
    pub(super) async fn start(network: Network, database: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut node = Self { network, child: None, folder, port, database: database.to_owned() };
        node.run();
        node.ready().await;
        node
    }

    /// The node's address for clients and providers.
    pub(super) fn address(&self) -> String {
        format!("http://{}:{}", self.network.of_clients(), self.port)
    }

    /// Sends SIGKILL, which no process can handle.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Restarts it.
    pub(super) fn run(&mut self) {
        let binary = std::env::var("TALLYWIRE_CRASH_BINARY");
        let binary = binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_tallywire"));
        let Network { database, redis, core_app, .. } = &self.network;
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = self
            .network
            .command(binary)
            .arg("serve")
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CONNECTORS_HOST", "0.0.0.0")
            .env("CONNECTORS_PORT", self.port.to_string())
            .env("DATABASE_URL", format!("postgres://tallywire@{}/{}", database.address(), self.database))
            .env("REDIS_URL", format!("redis://{}", redis.address()))
            .env("CORE_APP_URL", format!("http://{}", core_app.address()))
            .env("CORE_APP_RETRY_DELAY", "50")
            .env("CORE_APP_TIMEOUT", "2000")
            .env("JWT_SECRET", JWT_SECRET)
            .env("SERVICE_SECRET", SERVICE_SECRET)
            .env("BASIQ_WEBHOOK_SECRET", BASIQ_SECRET)
            .env("MAX_WEBSOCKET_CONNECTIONS_PER_USER", LIMIT.to_string())
            .envs(
                ["WEBHOOK_RATE_LIMIT", "SOCKET_RATE_LIMIT_PER_ADDRESS", "API_RATE_LIMIT_PER_USER"]
                    .map(|name| (name, "0")),
            )
            .envs(["API_RATE_LIMIT_PER_ADDRESS", "POLLING_RATE_LIMIT_PER_ADDRESS"].map(|name| (name, "0")))
            .env("RUST_LOG", "warn")
            .stdout(log.try_clone().unwrap())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// SIGSTOP: the node keeps its connections and does nothing.
    pub(super) fn freeze(&self) {
        self.signal("STOP");
    }

    /// SIGCONT: the node continues as if no time had passed.
    pub(super) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let Some(child) = &self.child else { return };
        assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
    }

    pub(super) async fn ready(&self) {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
        let url = format!("{}/health/ready", self.address());
        let deadline = Instant::now() + Duration::from_secs(60);
        while !client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(Instant::now() < deadline, "the node did not come back: {}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The end of its log.
    pub(super) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
