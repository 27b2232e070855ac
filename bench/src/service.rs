//! The measured service: Tallywire, or a comparable Node.js service.
//!
//! Owns the command that starts each, and the installation of the Node service's packages. Must not run a load.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

use crate::Setup;

/// A service that accepts the same webhooks and offers the same sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// This project's server.
    Tallywire,
    /// The one in `bench/peers/node`.
    Node,
}

impl Service {
    /// The name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tallywire => "Tallywire",
            Self::Node => "Node",
        }
    }

    /// The command that starts it, without an environment.
    pub(crate) fn command(self, setup: &Setup) -> anyhow::Result<Command> {
        match self {
            Self::Tallywire => {
                let mut command = Command::new(tallywire(setup)?);
                command.arg("serve").env_clear();
                Ok(command)
            }
            Self::Node => {
                let script = node_folder()?.join("server.mjs");
                let mut command = Command::new(on_path("node")?);
                command.arg(script).env_clear().env("NODE_ENV", "production");
                Ok(command)
            }
        }
    }
}

/// Installs the Node service's packages if they are missing or older than the lock file.
pub(crate) fn install_node_packages() -> anyhow::Result<()> {
    let folder = node_folder()?;
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let installed = changed(&folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(&folder.join("package-lock.json")) {
        return Ok(());
    }
    println!("installing the packages of {}", folder.display());
    let status = std::process::Command::new(on_path("npm")?)
        .args(["ci", "--no-fund", "--no-audit"])
        .current_dir(&folder)
        .status()
        .context("npm cannot be run")?;
    anyhow::ensure!(status.success(), "npm ci failed in {}", folder.display());
    Ok(())
}

/// The folder of the Node service: in the working directory, or where this program was built.
fn node_folder() -> anyhow::Result<PathBuf> {
    [Path::new("bench/peers/node"), &Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/node")]
        .into_iter()
        .find_map(|path| path.canonicalize().ok())
        .context("there is no bench/peers/node: run this in the repository")
}

fn on_path(program: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .with_context(|| format!("{program} is not on PATH: the service to compare with needs Node.js 20"))
}

fn tallywire(setup: &Setup) -> anyhow::Result<PathBuf> {
    if let Some(path) = &setup.server {
        return path.canonicalize().with_context(|| format!("there is no {}", path.display()));
    }
    let beside = std::env::current_exe()?.with_file_name("tallywire");
    [PathBuf::from("dist/tallywire"), beside]
        .into_iter()
        .find_map(|path| path.canonicalize().ok())
        .context("there is no release build of the server: run `make build`, or name one with --server")
}
