//! The activity in a small studio's books.
//!
//! Owns which record is entered, changed, voided or deleted next. Must not know JSON or HTTP.

use std::sync::Arc;

use super::Activity;
use crate::apideck::Apideck;
use crate::bank::Unknown;
use crate::ids::Ids;

/// The activity at a connection of Apideck.
#[derive(Debug)]
pub(crate) struct Bookkeeping {
    apideck: Arc<Apideck>,
    connection: String,
    random: Ids,
    /// The most recent record.
    last: Option<String>,
}

impl Bookkeeping {
    pub(crate) fn new(apideck: Arc<Apideck>, connection: String, seed: u64) -> Self {
        Self { apideck, connection, random: Ids::new(seed), last: None }
    }

    fn enter(&mut self) -> Result<(), Unknown> {
        self.last = Some(self.apideck.draw(&self.connection)?.id);
        Ok(())
    }
}

impl Activity for Bookkeeping {
    /// Usually a record is entered; occasionally the last record is corrected, voided or deleted.
    fn step(&mut self) {
        let chance = self.random.between(0, 99);
        let (apideck, connection) = (&self.apideck, &self.connection);
        let _gone = match (chance, self.last.take()) {
            (0..=4, Some(last)) => apideck.change(connection, &last, |record| record.memo.push_str(" (corrected)")),
            (5..=6, Some(last)) => apideck.void(connection, &last),
            (7..=8, Some(last)) => apideck.delete(connection, &last),
            _ => self.enter(),
        };
    }
}
