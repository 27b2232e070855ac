//! The server that is measured.
//!
//! Owns its start on a free port with a database of its own, and that both are gone afterwards. Must
//! not load it.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::process::{Child, Command};

use crate::Setup;
use crate::http::Link;
use crate::population::{JWT_SECRET, SERVICE_SECRET};
use crate::webhook::WEBHOOK_SECRET;

const START_LIMIT: Duration = Duration::from_secs(20);

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    child: Child,
    folder: Folder,
}

impl Server {
    /// Starts one and waits until it is ready.
    pub(crate) async fn start(setup: &Setup) -> anyhow::Result<Self> {
        let binary = binary(setup)?;
        let folder = Folder::new(setup.dir.as_deref())?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = File::create(folder.0.join("server.log"))?;
        let mut command = Command::new(&binary);
        command
            .arg("serve")
            .env_clear()
            .env("CONNECTORS_HOST", address.ip().to_string())
            .env("CONNECTORS_PORT", address.port().to_string())
            .env("DATABASE_URL", format!("sqlite://{}", folder.0.join("bench.db").display()))
            .env("JWT_SECRET", JWT_SECRET)
            .env("SERVICE_SECRET", SERVICE_SECRET)
            .env("BASIQ_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("WEBHOOK_RATE_LIMIT", "0")
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        for setting in &setup.settings {
            let (name, value) = setting.split_once('=').with_context(|| format!("{setting} is not NAME=VALUE"))?;
            command.env(name, value);
        }
        let child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let pid = child.id().context("the server has ended at once")?;
        let mut server = Self { address, pid, child, folder };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Where its database is, and room on the same disk.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// How many bytes it has logged.
    pub(crate) fn logged(&self) -> u64 {
        std::fs::metadata(self.folder.0.join("server.log")).map_or(0, |log| log.len())
    }

    /// Ends it and removes what it wrote.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("the server could not be stopped")
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let request = format!("GET /health/ready HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        let started = Instant::now();
        loop {
            if let Ok(mut link) = Link::open(self.address).await
                && link.call(request.as_bytes()).await.is_ok_and(|status| status == 200)
            {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() || started.elapsed() > START_LIMIT {
                let log = std::fs::read_to_string(self.folder.0.join("server.log")).unwrap_or_default();
                anyhow::bail!("the server did not become ready:\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn binary(setup: &Setup) -> anyhow::Result<PathBuf> {
    if let Some(path) = &setup.server {
        return path.canonicalize().with_context(|| format!("there is no {}", path.display()));
    }
    let beside = std::env::current_exe()?.with_file_name("tallywire");
    [PathBuf::from("dist/tallywire"), beside]
        .into_iter()
        .find_map(|path| path.canonicalize().ok())
        .context("there is no release build of the server: run `make build`, or name one with --server")
}

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(parent: Option<&Path>) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned).canonicalize()?;
        let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_micros();
        let path = parent.join(format!("tallywire-bench-{}-{started}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("cannot write to {}", parent.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
