//! Whose turn it is to place the kept deliveries of a connection.
//!
//! Owns that one does at a time, and that nothing is left behind when it stops. Must not place anything.

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

/// A connector's id and its provider's id of a connection.
pub(super) type Place = (String, String);

/// The connections that are being placed, each with whether more has come meanwhile.
#[derive(Default)]
pub(super) struct Turns(DashMap<Place, bool>);

/// The right to place a connection's deliveries.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    place: Place,
    has_ended: bool,
}

impl Turns {
    /// The right to place, unless somebody has it: then they look once more before they stop.
    pub(super) fn begin(&self, place: &Place) -> Option<Turn<'_>> {
        match self.0.entry(place.clone()) {
            Entry::Occupied(mut more) => {
                *more.get_mut() = true;
                None
            }
            Entry::Vacant(free) => {
                free.insert(false);
                Some(Turn { turns: self, place: place.clone(), has_ended: false })
            }
        }
    }
}

impl Turn<'_> {
    /// Whether it is over, now that nothing was left to place: not where more has come meanwhile.
    pub(super) fn is_over(&mut self) -> bool {
        if let Entry::Occupied(mut more) = self.turns.0.entry(self.place.clone()) {
            if std::mem::take(more.get_mut()) {
                return false;
            }
            more.remove();
        }
        self.has_ended = true;
        true
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.turns.0.remove(&self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_finds_it_being_done_has_it_looked_at_once_more() {
        let turns = Turns::default();
        let place = ("basiq".to_owned(), "c1".to_owned());
        let mut turn = turns.begin(&place).expect("the first");
        assert!(turns.begin(&place).is_none() && turns.begin(&place).is_none());
        assert!(!turn.is_over(), "more has come");
        assert!(turn.is_over());
        assert!(turns.begin(&place).is_some(), "the next");
    }

    #[test]
    fn one_that_fails_leaves_the_turn_to_the_next() {
        let turns = Turns::default();
        let place = ("basiq".to_owned(), "c1".to_owned());
        drop(turns.begin(&place));
        assert!(turns.begin(&place).is_some());
    }
}
