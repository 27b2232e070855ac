//! The real binary, killed and restarted on the same port and file.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{BASIQ_SECRET, JWT_SECRET, SERVICE_SECRET};

pub(crate) struct ServerProcess {
    child: Child,
    folder: TempDir,
    port: u16,
    settings: Vec<(&'static str, String)>,
    disk: Disk,
    client: reqwest::Client,
}

/// The file system of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    /// The ordinary one.
    Ordinary,
    /// A small, separate file system, which only that process sees.
    Small,
    /// The ordinary one, but files can be kept from growing: for machines on which a process of an ordinary user may
    /// not mount a file system.
    Limited,
}

impl ServerProcess {
    pub(super) async fn start(core_app: &str) -> Self {
        Self::with(vec![("CORE_APP_URL", core_app.to_owned())]).await
    }

    /// Starts with these settings in addition to those of every test.
    pub(crate) async fn with(settings: Vec<(&'static str, String)>) -> Self {
        Self::on(settings, Disk::Ordinary).await
    }

    pub(super) async fn on_a_small_disk(core_app: &str) -> Self {
        let may_mount = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
        let may_mount = may_mount.is_ok_and(|output| output.status.success());
        let settings = vec![("CORE_APP_URL", core_app.to_owned())];
        Self::on(settings, if may_mount { Disk::Small } else { Disk::Limited }).await
    }

    async fn on(settings: Vec<(&'static str, String)>, disk: Disk) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let child = spawn(&folder, port, &settings, disk);
        let server = Self { child, folder, port, settings, disk, client };
        server.ready().await;
        server
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("t.db")
    }

    pub(super) fn disk(&self) -> &'static str {
        match self.disk {
            Disk::Ordinary => "an ordinary one",
            Disk::Small => "a file system of 128 MiB",
            Disk::Limited => "files that may not grow",
        }
    }

    /// Sends SIGKILL, which no process can handle.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(&self.folder, self.port, &self.settings, self.disk);
        self.ready().await;
    }

    /// Makes all further writes fail.
    pub(super) fn fill_the_disk(&self) {
        match self.disk {
            Disk::Ordinary => panic!("a disk of everybody's is not filled"),
            Disk::Small => {
                use std::io::Write as _;
                let mut ballast = std::fs::File::create(self.ballast()).unwrap();
                while ballast.write_all(&[0; 4096]).is_ok() {}
            }
            Disk::Limited => self.limit_files("0"),
        }
    }

    /// Frees the space again.
    pub(super) fn free_the_disk(&self) {
        match self.disk {
            Disk::Ordinary => {}
            Disk::Small => std::fs::remove_file(self.ballast()).unwrap(),
            Disk::Limited => self.limit_files("unlimited"),
        }
    }

    /// The path in the process's view.
    fn ballast(&self) -> PathBuf {
        let folder = self.folder.path().strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.child.id())).join(folder).join("ballast")
    }

    fn limit_files(&self, size: &str) {
        let (pid, size) = (self.child.id().to_string(), format!("--fsize={size}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &pid, &size]).status().unwrap().success());
    }

    pub(crate) async fn is_ready(&self) -> bool {
        let call = self.client.get(format!("{}/health/ready", self.address()));
        call.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    async fn ready(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while !self.is_ready().await {
            assert!(tokio::time::Instant::now() < deadline, "the server did not come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &TempDir, port: u16, settings: &[(&'static str, String)], disk: Disk) -> Child {
    // `TALLYWIRE_CRASH_BINARY`: another build, such as the next release.
    let binary = std::env::var("TALLYWIRE_CRASH_BINARY");
    let binary = binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_tallywire"));
    let mut command = match disk {
        Disk::Ordinary => Command::new(binary),
        Disk::Small => {
            let mut command = Command::new("unshare");
            let script = r#"mount -t tmpfs -o size=128m none . && cd "$PWD" && exec "$@""#;
            command.args(["-rm", "sh", "-c", script, "sh", binary]);
            command
        }
        Disk::Limited => {
            let mut command = Command::new("sh");
            command.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh", binary]);
            command
        }
    };
    command
        .arg("serve")
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("CONNECTORS_HOST", "127.0.0.1")
        .env("CONNECTORS_PORT", port.to_string())
        .env("DATABASE_URL", "sqlite:t.db")
        .env("JWT_SECRET", JWT_SECRET)
        .env("SERVICE_SECRET", SERVICE_SECRET)
        .env("BASIQ_WEBHOOK_SECRET", BASIQ_SECRET)
        .env("CORE_APP_RETRY_DELAY", "50")
        .env("CORE_APP_TIMEOUT", "500")
        .env("WEBHOOK_RATE_LIMIT", "0")
        .env("RUST_LOG", "off")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}
