//! Common steps of starting a service.
//!
//! Owns the search for its program, the choice of a free port, and the time limit of a start. Must not know a service.

use std::env;
use std::io::{Error, Result};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::guarded::Guarded;

/// How long a start or a change may take: the machine may be busy with other tests.
const LIMIT: Duration = Duration::from_secs(60);
/// How often a start is tried: a free port may be taken in the meantime.
const ATTEMPTS: u32 = 3;

/// The program of a service: the one that a variable names, else the first of these names on the `PATH` or in these
/// folders, which hold programs that only administrators have on their path.
pub(crate) fn program(variable: &str, names: &[&str], folders: &[&str]) -> Result<PathBuf> {
    if let Some(named) = env::var_os(variable) {
        return Ok(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(folders.iter().map(PathBuf::from));
    let mut programs = folders.flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    programs.find(|program| program.exists()).ok_or_else(|| missing(names[0]))
}

/// The error for a program that is not installed.
pub(crate) fn missing(program: &str) -> Error {
    Error::other(format!("{program} is missing: `scripts/setup test` installs it"))
}

/// Starts something on a free port of 127.0.0.1.
pub(crate) fn on_a_free_port<T>(mut start: impl FnMut(u16) -> Result<T>) -> Result<T> {
    let mut attempt = 1;
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        match start(port) {
            Err(_) if attempt < ATTEMPTS => attempt += 1,
            done => return done,
        }
    }
}

/// Waits until a condition holds; fails with the server's log if the server has ended, or after a minute.
#[allow(clippy::disallowed_methods, reason = "there is no runtime to wait on")]
pub(crate) fn until(what: &str, server: &Guarded, is_so: impl Fn() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !is_so() {
        if server.has_ended() || begun.elapsed() > LIMIT {
            return Err(Error::other(format!("not so: {what}. The log: {}", server.log())));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
