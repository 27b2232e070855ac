//! A group of digits in a text.
//!
//! Owns the properties of a group of digits. Must not decide which groups are a card number.

/// Digits of one script with nothing between them.
pub(super) struct Group {
    /// Where they begin in the text.
    pub(super) start: usize,
    /// The text before them, from the previous group on.
    pub(super) lead: String,
    /// The characters between them and the previous group.
    pub(super) gap: Gap,
    /// Their characters.
    pub(super) text: String,
    /// The digits that they represent.
    pub(super) digits: Vec<u32>,
    /// They are part of a date, or of a number of another kind.
    pub(super) is_spared: bool,
}

/// The characters between two groups.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Blanks, dashes, dots.
    Usual,
    /// Other punctuation.
    Unusual,
    /// Text that does not occur inside a number.
    Text,
}
