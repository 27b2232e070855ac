//! How far the database had come, in a small file beside it.
//!
//! Owns noticing that an older copy has been put in the place of the database: then it ends before the mark, and a new
//! epoch begins. Must not be needed: a mark that is missing or unreadable says nothing.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{arrivals, epoch};
use crate::store::Result;

/// The mark of one database.
pub(super) struct Mark {
    path: PathBuf,
    /// What the file says, as far as this process has written it.
    written: Option<String>,
}

impl Mark {
    /// The mark beside a database.
    pub(super) fn of(database: &Path) -> Self {
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push("-mark");
        Self { path: database.with_file_name(name), written: None }
    }

    /// Begins a new epoch where the database ends before its mark.
    pub(super) fn check(&self, connection: &Connection) -> Result<()> {
        let Ok(text) = std::fs::read_to_string(&self.path) else { return Ok(()) };
        let marked = text.split_once(' ').and_then(|(epoch, newest)| Some((epoch, newest.trim().parse::<i64>().ok()?)));
        let Some((marked_epoch, newest)) = marked else { return Ok(()) };
        if marked_epoch == epoch::epoch(connection)? && newest > arrivals::newest(connection)? {
            epoch::begin_epoch(connection)?;
            tracing::warn!("the database is older than it was: clients that are ahead of it load everything again");
        }
        Ok(())
    }

    /// Writes how far the database has come. It need not reach the disk at once: it may be behind, and never ahead.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<()> {
        let text = format!("{} {}\n", epoch::epoch(connection)?, arrivals::newest(connection)?);
        if self.written.as_ref() != Some(&text) && std::fs::write(&self.path, &text).is_ok() {
            self.written = Some(text);
        }
        Ok(())
    }
}
