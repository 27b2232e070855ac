//! A Redis server.
//!
//! Owns stopping it and starting it again at the same port. Must not speak its protocol.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::account::Account;
use crate::guarded::Guarded;
use crate::start;

/// The install locations of Debian, Homebrew and a build from source.
const FOLDERS: [&str; 3] = ["/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"];

/// A Redis server that persists nothing.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    server: Option<Guarded>,
}

impl Redis {
    /// Starts a server. Fails if Redis is not installed.
    pub fn start() -> Result<Self> {
        start::on_a_free_port(|port| Ok(Self { port, server: Some(serve(port)?) }))
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

    /// The process id, for signals. Asks the server, so it must be answering.
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
        self.server = Some(serve(self.port)?);
        Ok(())
    }
}

fn serve(port: u16) -> Result<Guarded> {
    let program = start::program("TALLYWIRE_REDIS", &["redis-server", "valkey-server"], &FOLDERS)?;
    let folder = tempfile::Builder::new().prefix("tallywire-redis-").tempdir()?;
    let account = Account::owning(folder.path())?;
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    // The guard deletes the folder from here on.
    let server = Guarded::start(&command, &folder.keep(), account, "TERM")?;
    start::until("Redis answers", &server, || answers(port).unwrap_or(false))?;
    Ok(server)
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
