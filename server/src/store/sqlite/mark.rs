//! How far the database has advanced, in a small file next to it.
//!
//! Owns detecting that the database was replaced by an older copy: then it ends before the mark, and a new epoch begins.
//! Must not be required: a missing or unreadable mark means nothing.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{arrivals, epoch, file};
use crate::store::Result;

/// The mark of one database.
pub(super) struct Mark {
    path: PathBuf,
    /// The database's `data_version` when the mark was last written; it counts commits of other connections.
    written_at: Option<i64>,
}

impl Mark {
    /// The mark next to a database.
    pub(super) fn of(database: &Path) -> Self {
        Self { path: file::with(database, "-mark"), written_at: None }
    }

    /// Whether the database ends before its mark.
    pub(super) fn is_ahead_of(&self, connection: &Connection) -> Result<bool> {
        let Ok(text) = std::fs::read_to_string(&self.path) else { return Ok(false) };
        let mut words = text.split_whitespace();
        let marked = words.next() == Some(epoch::epoch(connection)?.as_str());
        let reached = words.filter_map(|word| word.parse::<i64>().ok());
        Ok(marked && reached.zip(position(connection)?).any(|(marked, reached)| reached < marked))
    }

    /// Begins a new epoch if the database ends before its mark.
    pub(super) fn check(&self, connection: &Connection) -> Result<()> {
        if self.is_ahead_of(connection)? {
            epoch::begin_epoch(connection)?;
            tracing::warn!(
                "the database has lost its newest changes: clients that are ahead of it load everything again"
            );
        }
        Ok(())
    }

    /// Writes how far the database has advanced. It need not reach the disk at once: the mark may be behind, but never
    /// ahead.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<()> {
        let version = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if self.written_at != Some(version) {
            let [deliveries, events] = position(connection)?;
            let text = format!("{} {deliveries} {events}\n", epoch::epoch(connection)?);
            if std::fs::write(&self.path, text).is_ok() {
                self.written_at = Some(version);
            }
        }
        Ok(())
    }
}

/// The position of a database: its newest delivery, and how many events it has ever had. Neither ever decreases.
fn position(connection: &Connection) -> Result<[i64; 2]> {
    let events = connection.query_row("SELECT coalesce(sum(seq), 0) FROM owners", [], |row| row.get(0))?;
    Ok([arrivals::newest(connection)?, events])
}
