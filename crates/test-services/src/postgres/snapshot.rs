//! A copy of a PostgreSQL server's files.
//!
//! Owns making it and restoring it, as a file system's snapshot does. Must not recover it to a new timeline.

use std::io::Result;
use std::path::Path;
use std::process::Command;

use super::Postgres;
use super::programs::check;

impl Postgres {
    /// Copies the files of a stopped server into its own folder.
    pub fn take_snapshot(&self) -> Result<()> {
        self.replace("snapshot", "data")
    }

    /// Replaces the files with the copy, while the server is stopped: it has the same identity and an older end.
    pub fn put_snapshot_back(&self) -> Result<()> {
        self.replace("data", "snapshot")
    }

    fn replace(&self, name: &str, by: &str) -> Result<()> {
        let (old, new) = (self.folder.join(name), self.folder.join(by));
        run("rm", &["-rf".as_ref(), &old])?;
        run("cp", &["-a".as_ref(), &new, &old])
    }
}

fn run(program: &str, arguments: &[&Path]) -> Result<()> {
    check(program, &Command::new(program).args(arguments).output()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_is_put_back_has_what_there_was_when_it_was_taken() {
        let mut postgres = Postgres::start().expect("started");
        postgres.sql("CREATE TABLE t (n int)").expect("made");
        postgres.stop().expect("stopped");
        postgres.take_snapshot().expect("taken");
        postgres.start_again().expect("started again");
        postgres.sql("INSERT INTO t VALUES (1)").expect("written");
        postgres.stop().expect("stopped");
        postgres.put_snapshot_back().expect("put back");
        postgres.start_again().expect("started again");
        assert_eq!(postgres.sql("SELECT count(*) FROM t").expect("read"), "0");
    }
}
