//! A Redis server, and a cluster of two.
//!
//! Owns stopping a server and starting it again at the same port. Must not speak more of its protocol than that needs.

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
        start::on_a_free_port(|port| Ok(Self { port, server: Some(serve(port, &[])?) }))
    }

    /// Starts a cluster of two servers with half of the slots each. Each server answers for its own half only.
    pub fn start_cluster() -> Result<[Self; 2]> {
        let member = || {
            start::on_a_free_port(|bus| {
                start::on_a_free_port(|port| {
                    let bus = bus.to_string();
                    let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus];
                    Ok((Self { port, server: Some(serve(port, &settings)?) }, bus))
                })
            })
        };
        let [(first, _), (second, bus)] = [member()?, member()?];
        for (server, slots) in [(&first, "0 8191"), (&second, "8192 16383")] {
            server.is_told(&format!("CLUSTER ADDSLOTSRANGE {slots}"))?;
        }
        first.is_told(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", second.port))?;
        for server in [&first, &second] {
            let Some(guard) = &server.server else { continue };
            let is_whole = || {
                let text = server.answer("CLUSTER INFO").unwrap_or_default();
                text.contains("cluster_state:ok") && text.contains("cluster_slots_ok:16384")
            };
            start::until("the cluster has all slots", guard, is_whole)?;
        }
        Ok([first, second])
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
        let text = self.answer("INFO server")?;
        let line = text.split("process_id:").nth(1).and_then(|rest| rest.split_once('\r'));
        line.ok_or_else(|| Error::other(text.clone()))?.0.parse().map_err(Error::other)
    }

    /// The text with which the server answers a command.
    fn answer(&self, command: &str) -> Result<String> {
        let mut stream = connect(self.port)?;
        // After `QUIT` the server closes the connection, which ends the text.
        write!(stream, "{command}\r\nQUIT\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Sends a command that has to be answered with `OK`.
    fn is_told(&self, command: &str) -> Result<()> {
        let answer = self.answer(command)?;
        if answer.starts_with("+OK") { Ok(()) } else { Err(Error::other(format!("{command}: {answer}"))) }
    }

    /// Starts the server again.
    pub fn start_again(&mut self) -> Result<()> {
        self.stop();
        self.server = Some(serve(self.port, &[])?);
        Ok(())
    }
}

fn serve(port: u16, settings: &[&str]) -> Result<Guarded> {
    let program = start::program("TALLYWIRE_REDIS", &["redis-server", "valkey-server"], &FOLDERS)?;
    let folder = tempfile::Builder::new().prefix("tallywire-redis-").tempdir()?;
    let account = Account::owning(folder.path())?;
    let mut command = Command::new(program);
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(settings);
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
    fn each_server_of_a_cluster_names_the_other_for_half_of_the_slots() {
        let [first, second] = Redis::start_cluster().expect("started");
        let asked = |server: &Redis| ["a", "b"].map(|key| server.answer(&format!("GET {key}")).expect("an answer"));
        let moved = |answers: [String; 2], to: &Redis| {
            answers
                .iter()
                .filter(|answer| answer.starts_with("-MOVED") && answer.contains(&to.port.to_string()))
                .count()
        };
        assert_eq!((moved(asked(&first), &second), moved(asked(&second), &first)), (1, 1));
    }

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
