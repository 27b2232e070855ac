//! The files of a PostgreSQL server.
//!
//! Owns creating them in a separate folder. Must not start a server on them.

use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::programs::{USER, check};
use crate::account::Account;

/// A folder with a cluster's files in `data`. It is deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) folder: TempDir,
    /// The owner of the files, if that is not the caller.
    pub(super) account: Option<Account>,
}

impl Cluster {
    /// An empty cluster that collates as English does and not byte by byte: a statement that relies on byte order has
    /// to say so.
    pub(super) fn make(programs: &Path) -> Result<Self> {
        let cluster = Self::folder()?;
        let mut initdb = cluster.command(&programs.join("initdb"));
        initdb.arg("-D").arg(cluster.data()).args(["--username", USER, "--auth", "trust", "--encoding", "UTF8"]);
        initdb.args(["--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync"]);
        check("initdb", &initdb.output()?)?;
        Ok(cluster)
    }

    /// A copy of a running server's cluster, set up to follow that server as a standby.
    pub(super) fn copy(programs: &Path, socket: &Path, port: u16) -> Result<Self> {
        let cluster = Self::folder()?;
        let mut backup = cluster.command(&programs.join("pg_basebackup"));
        backup.arg("-D").arg(cluster.data()).arg("-h").arg(socket).args(["-p", &port.to_string(), "-U", USER]);
        backup.args(["--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync"]);
        check("pg_basebackup", &backup.output()?)?;
        Ok(cluster)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn folder() -> Result<Self> {
        // A short path, because that of the Unix socket has at most 107 bytes.
        let folder = tempfile::Builder::new().prefix("tallywire-pg-").tempdir()?;
        let account = Account::owning(folder.path())?;
        Ok(Self { folder, account })
    }

    /// A program that runs as the owner of the files.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path());
        if let Some(account) = self.account {
            account.run(&mut command);
        }
        command
    }
}
