//! PgBouncer in front of a PostgreSQL server.
//!
//! Owns its configuration: transaction mode, and far fewer connections to PostgreSQL than clients have. Must not speak its
//! protocol.

use std::io::{Error, Result};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::Postgres;
use crate::account::Account;
use crate::guarded::Guarded;

/// How long a start may take: the machine may be busy with other tests.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often a start is tried: the port that was free may be taken meanwhile.
const ATTEMPTS: u32 = 3;
/// How many connections to PostgreSQL the clients of a database share.
const SHARED: u32 = 6;

/// A running PgBouncer.
#[derive(Debug)]
pub struct PgBouncer {
    /// The port of PostgreSQL, in addresses of databases.
    behind: u16,
    port: u16,
    server: Guarded,
}

impl PgBouncer {
    /// Starts one. Fails where it is not installed.
    pub fn start(postgres: &Postgres) -> Result<Self> {
        let program = program()?;
        let mut attempt = 1;
        loop {
            match Self::start_once(&program, postgres) {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }

    /// The address of a database through it.
    pub fn url(&self, database: &str) -> String {
        database.replace(&format!(":{}/", self.behind), &format!(":{}/", self.port))
    }

    fn start_once(program: &Path, postgres: &Postgres) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tallywire-pgbouncer-").tempdir()?;
        let account = Account::owning(folder.path())?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (behind, user) = (postgres.port(), Postgres::USER);
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={behind} user={user}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = {SHARED}\nmax_client_conn = 1000\n"
        );
        fs::write(folder.path().join("pgbouncer.ini"), settings)?;
        let mut command = Command::new(program);
        command.arg("pgbouncer.ini");
        // The guard deletes the folder from here on.
        let folder = folder.keep();
        let server = Guarded::start(&command, &folder, account, "TERM")?;
        let pooler = Self { behind, port, server };
        pooler.wait()?;
        Ok(pooler)
    }

    #[allow(clippy::disallowed_methods, reason = "there is no runtime to wait on")]
    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() || !self.server.log().contains("process up") {
            if self.server.has_ended() || begun.elapsed() > START_LIMIT {
                return Err(Error::other(format!("PgBouncer did not start: {}", self.server.log())));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// The program: the one that is named, else the system's, which stands where only administrators look.
fn program() -> Result<PathBuf> {
    if let Some(named) = env::var_os("TALLYWIRE_PGBOUNCER") {
        return Ok(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders.map(|folder| folder.join("pgbouncer")).find(|program| program.exists());
    found.ok_or_else(|| Error::other("PgBouncer is missing: `scripts/setup test` installs it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pooler_listens_beside_its_server_and_is_gone_once_it_is_dropped() {
        let postgres = Postgres::start().expect("started");
        let pooler = PgBouncer::start(&postgres).expect("started");
        let direct = postgres.create_database().expect("made");
        let address = format!("127.0.0.1:{}", pooler.port);
        assert_eq!(pooler.url(&direct), format!("postgres://tallywire@{address}/t0"));
        assert!(TcpStream::connect(&address).is_ok());
        drop(pooler);
        assert!(TcpStream::connect(&address).is_err());
    }
}
