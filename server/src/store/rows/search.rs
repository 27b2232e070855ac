//! The text that a search compares.
//!
//! Owns which members of a transaction it contains. Must not know how texts are compared: `folding` does.

/// The folded texts, one per line. No folded text contains a line break, so no match spans two of them.
pub(in crate::store) fn text(description: Option<&str>, merchant: Option<&str>, reference: Option<&str>) -> String {
    [description, merchant, reference].into_iter().flatten().map(folding::fold).collect::<Vec<_>>().join("\n")
}
