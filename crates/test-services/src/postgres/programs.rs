//! PostgreSQL's programs.
//!
//! Owns finding a usable version, and the user that the programs sign in as. Must not run one.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::{env, fs};

use crate::start::missing;

/// The superuser of each cluster.
pub(super) const USER: &str = "tallywire";

/// The oldest usable version.
const OLDEST: u32 = 15;
/// The required programs.
const NAMES: [&str; 4] = ["initdb", "pg_basebackup", "postgres", "psql"];

/// The folder of the programs: the configured one, that of Debian's newest version, or one on the `PATH`.
pub(super) fn find() -> Result<PathBuf> {
    if let Some(named) = env::var_os("TALLYWIRE_POSTGRES") {
        return Ok(named.into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let debian = debian.map(|(version, path)| (version, path.join("bin")));
    let newest = debian.filter(|(version, path)| *version >= OLDEST && has_all(path)).max().map(|(_, path)| path);
    let path = env::var_os("PATH").unwrap_or_default();
    let found = newest.or_else(|| env::split_paths(&path).find(|folder| has_all(folder)));
    found.ok_or_else(|| missing("PostgreSQL 15 or later"))
}

fn has_all(folder: &Path) -> bool {
    NAMES.iter().all(|program| folder.join(program).exists())
}

/// Fails with the output of a program that failed.
pub(super) fn check(program: &str, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(Error::other(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr))))
}
