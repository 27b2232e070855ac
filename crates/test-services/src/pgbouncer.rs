//! PgBouncer in front of a PostgreSQL server.
//!
//! Owns its configuration: transaction mode, and far fewer connections to PostgreSQL than clients have. Must not speak its
//! protocol.

use std::fs;
use std::io::Result;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::account::Account;
use crate::guarded::Guarded;
use crate::{Postgres, start};

/// How many connections to PostgreSQL the clients of a database share.
const SHARED: u32 = 6;

/// A running PgBouncer.
#[derive(Debug)]
pub struct PgBouncer {
    /// PostgreSQL's own port, to be replaced in database URLs.
    behind: u16,
    port: u16,
    /// Dropping it stops PgBouncer.
    _server: Guarded,
}

impl PgBouncer {
    /// Starts one. Fails if PgBouncer is not installed.
    pub fn start(postgres: &Postgres) -> Result<Self> {
        // It is installed in folders that only administrators have on their path.
        let program = start::program("TALLYWIRE_PGBOUNCER", &["pgbouncer"], &["/usr/sbin", "/usr/local/sbin"])?;
        start::on_a_free_port(|port| Self::start_at(&program, postgres, port))
    }

    /// The address of a database through it.
    pub fn url(&self, database: &str) -> String {
        database.replace(&format!(":{}/", self.behind), &format!(":{}/", self.port))
    }

    fn start_at(program: &Path, postgres: &Postgres, port: u16) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tallywire-pgbouncer-").tempdir()?;
        let account = Account::owning(folder.path())?;
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
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok() && server.log().contains("process up");
        start::until("PgBouncer listens", &server, listens)?;
        Ok(Self { behind, port, _server: server })
    }
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
