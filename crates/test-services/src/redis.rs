//! A Redis server.
//!
//! Owns finding its program, and that it can be stopped and started again at the same port. Must not speak its protocol.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::account::Account;
use crate::guarded::Guarded;

/// How long a start may take: the machine may be busy with other tests.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often a start is tried: the port that was free may be taken meanwhile.
const ATTEMPTS: u32 = 3;
/// Where Debian, Homebrew and a build from source put it.
const FOLDERS: [&str; 3] = ["/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"];

/// A Redis server that keeps nothing.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    server: Option<Guarded>,
}

impl Redis {
    /// Starts a server. Fails where Redis is not installed.
    pub fn start() -> Result<Self> {
        let mut attempt = 1;
        loop {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            match start(port) {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                started => return Ok(Self { port, server: Some(started?) }),
            }
        }
    }

    /// Its address, `redis://…`, which stays the same.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server, if it runs.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// The process, for signals. Asks the server, so it must answer.
    pub fn process_id(&self) -> Result<u32> {
        let mut stream = connect(self.port)?;
        stream.write_all(b"INFO server\r\n")?;
        let mut answer = vec![0; 4096];
        let mut length = 0;
        loop {
            length += stream.read(&mut answer[length..])?;
            let text = String::from_utf8_lossy(&answer[..length]);
            let line = text.split("process_id:").nth(1).and_then(|rest| rest.split_once('\r'));
            if let Some((id, _)) = line {
                return id.parse().map_err(Error::other);
            }
        }
    }

    /// Starts the server again.
    pub fn start_again(&mut self) -> Result<()> {
        self.stop();
        self.server = Some(start(self.port)?);
        Ok(())
    }
}

fn start(port: u16) -> Result<Guarded> {
    let program = program()?;
    let folder = tempfile::Builder::new().prefix("tallywire-redis-").tempdir()?;
    let account = Account::owning(folder.path())?;
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    // The guard deletes the folder from here on.
    let server = Guarded::start(&command, &folder.keep(), account, "TERM")?;
    wait(port, &server)?;
    Ok(server)
}

/// Waits until the server answers.
#[allow(clippy::disallowed_methods, reason = "there is no runtime to wait on")]
fn wait(port: u16, server: &Guarded) -> Result<()> {
    let begun = Instant::now();
    while !answers(port).unwrap_or(false) {
        if server.has_ended() || begun.elapsed() > START_LIMIT {
            return Err(Error::other(format!("Redis did not start: {}", server.log())));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    Ok(stream)
}

fn answers(port: u16) -> Result<bool> {
    let mut stream = connect(port)?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}

/// The program that is named, or one of the usual folders.
fn program() -> Result<PathBuf> {
    if let Some(named) = env::var_os("TALLYWIRE_REDIS") {
        return Ok(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FOLDERS.map(PathBuf::from));
    let mut programs = folders.flat_map(|folder| ["redis-server", "valkey-server"].map(|name| folder.join(name)));
    let found = programs.find(|program| fs::metadata(program).is_ok());
    found.ok_or_else(|| Error::other("Redis is missing: `scripts/setup test` installs it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_stopped_starts_again_at_the_same_port() {
        let mut redis = Redis::start().expect("started");
        let url = redis.url();
        redis.stop();
        assert!(answers(redis.port).is_err());
        redis.start_again().expect("started");
        assert_eq!((answers(redis.port).ok(), redis.url()), (Some(true), url));
    }
}
