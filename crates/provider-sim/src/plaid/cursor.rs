//! Cursors.
//!
//! Owns their text. Must not know the list.
//!
//! A cursor in the middle of a page run also says how many changes there were when the run began: if there are more by
//! the next page, the data was mutated during pagination and the run has to begin again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A position in an item's changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) item: String,
    /// How many changes were reported.
    pub(super) told: usize,
    /// How many there were when the run began; `None` at a run's end.
    pub(super) of: Option<usize>,
}

impl Cursor {
    /// The opaque text.
    pub(super) fn text(&self) -> String {
        let of = self.of.map(|of| of.to_string()).unwrap_or_default();
        STANDARD.encode(format!("{}:{}:{of}", self.item, self.told))
    }

    /// Reads the text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let mut parts = text.split(':');
        let (item, told, of) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?);
        let of = if of.is_empty() { None } else { Some(of.parse().ok()?) };
        Some(Self { item, told, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_is_short() {
        for of in [None, Some(5_000)] {
            let cursor = Cursor { item: "BxBXxLj1m4HMXBm9WZZmCWVbPjX16EHwv99vp".to_owned(), told: 500, of };
            assert!(cursor.text().len() <= 256);
            assert_eq!(Cursor::read(&cursor.text()), Some(cursor));
        }
        assert_eq!(Cursor::read("now"), None);
    }
}
