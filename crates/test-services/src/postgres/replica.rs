//! A PostgreSQL server that follows another one.
//!
//! Owns creating it, keeping it behind and promoting it. Must not decide which of two servers clients use.

use std::io::Result;

use super::Postgres;
use super::cluster::Cluster;
use super::programs::USER;

impl Postgres {
    /// Starts a hot standby that streams this server's log: a readable copy that follows every commit.
    pub fn replica(&self) -> Result<Self> {
        let replica = Self::start_on(&self.programs, &[], || Cluster::copy(&self.programs, &self.folder, self.port))?;
        replica.until_streaming()?;
        Ok(replica)
    }

    /// From now on this server acknowledges a commit only once a replica has it on disk, or no longer waits for a
    /// replica.
    pub fn wait_for_replicas(&self, waits: bool) -> Result<()> {
        self.set("synchronous_standby_names", if waits { "*" } else { "" })?;
        self.until("has read its settings", || {
            let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            self.sql(synchronous).is_ok_and(|count| (count != "0") == waits)
        })
    }

    /// Cuts a replica off: it has received everything committed so far, and receives nothing more.
    pub fn stop_following(&self) -> Result<()> {
        self.set("primary_conninfo", "")?;
        self.until("has stopped receiving", || self.receivers().is_ok_and(|count| count == "0"))
    }

    /// Makes a replica follow this server (again).
    pub fn follow(&self, primary: &Self) -> Result<()> {
        self.set("primary_conninfo", &format!("host={} port={} user={USER}", primary.folder.display(), primary.port))?;
        self.until_streaming()
    }

    /// Waits until a replica shows everything that this server has committed.
    pub fn until_replayed_by(&self, replica: &Self) -> Result<()> {
        let end = self.sql("SELECT pg_current_wal_lsn()")?;
        let has_replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
        replica.until("has replayed", || replica.sql(&has_replayed).is_ok_and(|is_so| is_so == "t"))
    }

    /// A replica keeps receiving, but no longer shows what it receives. A promotion ends this: it then shows
    /// everything.
    pub fn pause_replay(&self) -> Result<()> {
        self.sql("SELECT pg_wal_replay_pause()")?;
        let is_paused = "SELECT pg_get_wal_replay_pause_state() = 'paused'";
        self.until("has paused", || self.sql(is_paused).is_ok_and(|is_so| is_so == "t"))
    }

    /// A replica shows what it has received, and what it receives from now on.
    pub fn resume_replay(&self) -> Result<()> {
        self.sql("SELECT pg_wal_replay_resume()").map(drop)
    }

    /// Makes a replica a primary, on a new timeline, with the data that it has received.
    pub fn promote(&self) -> Result<()> {
        self.sql("SELECT pg_promote()")?;
        self.until("is a primary", || self.sql("SELECT pg_is_in_recovery()").is_ok_and(|is_so| is_so == "f"))
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        self.sql(&format!("ALTER SYSTEM SET {name} = '{value}'"))?;
        self.sql("SELECT pg_reload_conf()").map(drop)
    }

    fn receivers(&self) -> Result<String> {
        self.sql("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'")
    }

    fn until_streaming(&self) -> Result<()> {
        self.until("follows its primary", || self.receivers().is_ok_and(|count| count == "1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: &str = "SELECT count(*) FROM t";
    const INSERT: &str = "INSERT INTO t VALUES (1)";

    fn pair() -> (Postgres, Postgres) {
        let primary = Postgres::start().expect("started");
        primary.sql("CREATE TABLE t (n int)").expect("made");
        let replica = primary.replica().expect("a replica");
        (primary, replica)
    }

    #[test]
    fn a_replica_that_was_cut_off_lacks_the_newest_commits_when_it_is_promoted() {
        let (mut primary, replica) = pair();
        primary.sql(INSERT).expect("written");
        primary.until_replayed_by(&replica).expect("replayed");
        assert_eq!(replica.sql(COUNT).expect("read"), "1");
        assert!(replica.sql(INSERT).is_err(), "a standby cannot be written to");
        replica.stop_following().expect("cut off");
        primary.sql(INSERT).expect("written");
        primary.stop_at_once().expect("stopped");
        replica.promote().expect("promoted");
        assert_eq!(replica.sql(COUNT).expect("read"), "1");
        replica.sql(INSERT).expect("written");
    }

    #[test]
    fn a_replica_catches_up_once_it_follows_again_or_shows_what_it_has_received() {
        let (primary, replica) = pair();
        replica.stop_following().expect("cut off");
        primary.sql(INSERT).expect("written");
        replica.follow(&primary).expect("follows");
        primary.until_replayed_by(&replica).expect("replayed");
        replica.pause_replay().expect("paused");
        primary.sql(INSERT).expect("written");
        assert_eq!(replica.sql(COUNT).expect("read"), "1");
        replica.resume_replay().expect("resumed");
        primary.until_replayed_by(&replica).expect("replayed");
        assert_eq!(replica.sql(COUNT).expect("read"), "2");
    }

    #[test]
    fn a_synchronous_replica_has_every_commit_when_it_is_promoted() {
        let (mut primary, replica) = pair();
        primary.wait_for_replicas(true).expect("set");
        for _ in 0..20 {
            primary.sql(INSERT).expect("written");
        }
        primary.stop_at_once().expect("stopped");
        replica.promote().expect("promoted");
        assert_eq!(replica.sql(COUNT).expect("read"), "20");
    }
}
