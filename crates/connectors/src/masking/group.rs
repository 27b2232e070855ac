//! A group of digits in a text.
//!
//! Owns what is known of one when the text is read. Must not decide what is a card's number.

/// Digits of one script with nothing between them.
pub(super) struct Group {
    /// Where they begin in the text.
    pub(super) start: usize,
    /// The text before them, from the group before on.
    pub(super) lead: String,
    /// What stands between them and the group before.
    pub(super) gap: Gap,
    /// Their characters.
    pub(super) text: String,
    /// What these stand for.
    pub(super) digits: Vec<u32>,
    /// They are part of a date, or of a number of another kind.
    pub(super) is_spared: bool,
}

/// What stands between two groups.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Blanks, dashes, dots.
    Usual,
    /// Other punctuation.
    Unusual,
    /// What no number has in it.
    Text,
}
