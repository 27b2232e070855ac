//! A PostgreSQL server.
//!
//! Owns starting it, stopping it and creating databases in it. Must not speak its protocol.

mod cluster;
mod programs;
mod replica;
mod snapshot;

use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::guarded::Guarded;
use crate::start;
use cluster::Cluster;
use programs::{USER, check};

/// A crash of the machine ends the tests as well, so nothing is flushed to the disk.
const SETTINGS: [&str; 6] = [
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=300",
    "listen_addresses=127.0.0.1",
    "timezone=Pacific/Auckland",
];

/// A later setting of the same name overrides an earlier one.
const DURABLE: [&str; 4] = ["fsync=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=2GB"];

/// A server with its own cluster. It is stopped, and its files are deleted, when this is dropped and when this process
/// ends.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    server: Guarded,
}

impl Postgres {
    /// The superuser of the cluster, who needs no password.
    pub const USER: &str = USER;

    /// Starts a server. Fails if PostgreSQL is not installed.
    pub fn start() -> Result<Self> {
        let programs = programs::find()?;
        Self::start_on(&programs, &[], || Cluster::make(&programs))
    }

    /// Starts a server that flushes its log to the disk as one in production does, for measurements.
    pub fn start_durable() -> Result<Self> {
        let programs = programs::find()?;
        Self::start_on(&programs, &DURABLE, || Cluster::make(&programs))
    }

    /// Starts a server on newly made files, with settings in addition to those of every test.
    fn start_on(programs: &Path, settings: &[&str], make: impl Fn() -> Result<Cluster>) -> Result<Self> {
        start::on_a_free_port(|port| Self::start_at(port, programs.to_owned(), settings, make()?))
    }

    fn start_at(port: u16, programs: PathBuf, settings: &[&str], cluster: Cluster) -> Result<Self> {
        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(cluster.data()).arg("-k").arg(cluster.folder.path()).args(["-p", &port.to_string()]);
        for setting in SETTINGS.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        // The guard deletes the folder from here on. SIGQUIT: the server ends at once and drops its clients.
        let folder = cluster.folder.keep();
        let server = Guarded::start(&command, &folder, cluster.account, "QUIT")?;
        let postgres = Self { programs, folder, port, databases: AtomicU32::new(0), server };
        postgres.wait()?;
        Ok(postgres)
    }

    /// Its port at 127.0.0.1, which stays the same when it is started again.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates an empty database and returns its URL.
    pub fn create_database(&self) -> Result<String> {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name}"))?;
        Ok(self.url(&name))
    }

    /// The URL of a database; on a replica, of one that its primary has.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement as the superuser and returns the rows of its answer, one a line, with `|` between their values.
    pub fn sql(&self, statement: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-U", USER, "-d", "postgres"]);
        // The caller's own settings must not matter.
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--command", statement]);
        let output = psql.env_remove("PGOPTIONS").output()?;
        check("psql", &output)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Stops it cleanly (SIGINT): it disconnects its clients, and ends once its replicas have received everything.
    pub fn stop(&mut self) -> Result<()> {
        self.server.stop("INT")
    }

    /// Stops it at once (SIGQUIT), like a crash: it recovers from its log when it is started again.
    pub fn stop_at_once(&mut self) -> Result<()> {
        self.server.stop("QUIT")
    }

    /// Starts it again after it was stopped, with the same data and the same port.
    pub fn start_again(&mut self) -> Result<()> {
        self.server.start_again()?;
        self.wait()
    }

    /// Waits until the server answers over the socket in its own folder: another server may answer at the port.
    fn wait(&self) -> Result<()> {
        self.until("answers", || self.sql("SELECT 1").is_ok())
    }

    /// Waits until a condition holds.
    fn until(&self, what: &str, is_so: impl Fn() -> bool) -> Result<()> {
        start::until(&format!("PostgreSQL {what}"), &self.server, is_so)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_another_one_of_a_server_that_is_gone_with_its_folder() {
        let postgres = Postgres::start().expect("started");
        let (first, second) = (postgres.create_database().expect("made"), postgres.create_database().expect("made"));
        assert_ne!(first, second);
        let address = format!("127.0.0.1:{}", postgres.port);
        let folder = postgres.folder.clone();
        assert!(std::net::TcpStream::connect(&address).is_ok());
        drop(postgres);
        assert!(std::net::TcpStream::connect(&address).is_err() && !folder.exists());
    }

    #[test]
    fn a_server_that_was_stopped_or_has_crashed_starts_again_with_its_data_at_its_port() {
        let mut postgres = Postgres::start().expect("started");
        let address = format!("127.0.0.1:{}", postgres.port());
        postgres.sql("CREATE TABLE t (n int)").expect("made");
        for (number, stop) in [Postgres::stop, Postgres::stop_at_once].into_iter().enumerate() {
            postgres.sql(&format!("INSERT INTO t VALUES ({number})")).expect("written");
            stop(&mut postgres).expect("stopped");
            assert!(std::net::TcpStream::connect(&address).is_err());
            postgres.start_again().expect("started again");
            assert!(std::net::TcpStream::connect(&address).is_ok());
        }
        assert_eq!(postgres.sql("SELECT n FROM t ORDER BY n").expect("read"), "0\n1");
        let folder = postgres.folder.clone();
        postgres.stop().expect("stopped");
        assert!(folder.exists());
        drop(postgres);
        assert!(!folder.exists());
    }
}
