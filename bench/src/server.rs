//! The measured server.
//!
//! Owns its start on a free port with its own database, and the removal of both afterwards. Must not load it.

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
use crate::service::Service;
use crate::webhook::WEBHOOK_SECRET;

const START_LIMIT: Duration = Duration::from_secs(20);
/// The server checkpoints its log into the database before it exits.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// The database's file name.
pub(crate) const DATABASE: &str = "bench.db";

/// A running server, which is killed on drop.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    child: Child,
    folder: Folder,
}

impl Server {
    /// Starts Tallywire with an empty database and waits until it is ready.
    pub(crate) async fn start(setup: &Setup) -> anyhow::Result<Self> {
        Self::start_service(Service::Tallywire, setup, None).await
    }

    /// Starts a service, on a copy of `database` if one is given.
    pub(crate) async fn start_service(
        service: Service,
        setup: &Setup,
        database: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let folder = Folder::new(setup.dir.as_deref())?;
        if let Some(database) = database {
            std::fs::copy(database, folder.0.join(DATABASE))
                .with_context(|| format!("cannot copy {}", database.display()))?;
        }
        Self::start_in(folder, service, setup).await
    }

    /// Restarts the server with the same database; returns how long it took until it was ready.
    pub(crate) async fn start_again(mut self, setup: &Setup) -> anyhow::Result<(Self, Duration)> {
        self.child.kill().await.context("the server could not be stopped")?;
        let began = Instant::now();
        let server = Self::start_in(self.folder, Service::Tallywire, setup).await?;
        Ok((server, began.elapsed()))
    }

    async fn start_in(folder: Folder, service: Service, setup: &Setup) -> anyhow::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = File::create(folder.0.join("server.log"))?;
        let mut command = service.command(setup)?;
        command
            .env("CONNECTORS_HOST", address.ip().to_string())
            .env("CONNECTORS_PORT", address.port().to_string())
            .env("DATABASE_URL", format!("sqlite://{}", folder.0.join(DATABASE).display()))
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
        let child = command.spawn().with_context(|| format!("cannot start {}", service.name()))?;
        let pid = child.id().context("the server has ended at once")?;
        let mut server = Self { address, pid, child, folder };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// The folder of the database, with free space on the same disk.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// How many bytes the server has logged.
    pub(crate) fn logged(&self) -> u64 {
        std::fs::metadata(self.folder.0.join("server.log")).map_or(0, |log| log.len())
    }

    /// Stops the server and removes its files.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("the server could not be stopped")
    }

    /// Stops the server with a signal, so that it checkpoints its log into the database; returns the database's size in
    /// bytes. With `keep`, moves the database there.
    pub(crate) async fn finish(mut self, keep: Option<&Path>) -> anyhow::Result<u64> {
        // The standard library can send only SIGKILL.
        let signal = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.pid)).status().await?;
        anyhow::ensure!(signal.success(), "the server could not be stopped");
        let ended = tokio::time::timeout(STOP_LIMIT, self.child.wait()).await;
        ended.context("the server did not end")?.context("the server could not be stopped")?;
        let database = self.folder.0.join(DATABASE);
        let log = std::fs::metadata(self.folder.0.join(format!("{DATABASE}-wal"))).map_or(0, |log| log.len());
        anyhow::ensure!(log == 0, "the server left {log} bytes in its write-ahead log");
        let bytes = std::fs::metadata(&database)?.len();
        if let Some(keep) = keep {
            std::fs::copy(&database, keep).with_context(|| format!("cannot write to {}", keep.display()))?;
        }
        Ok(bytes)
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
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A folder that is removed on drop.
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
