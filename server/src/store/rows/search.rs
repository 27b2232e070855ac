//! What a search looks through.
//!
//! Owns which texts of a transaction those are. Must not know how texts are compared: `folding` does.

/// The texts as they are compared, a line each: no folded text has a line break in it, so that nothing is found
/// across two of them.
pub(in crate::store) fn text(description: Option<&str>, merchant: Option<&str>, reference: Option<&str>) -> String {
    [description, merchant, reference].into_iter().flatten().map(folding::fold).collect::<Vec<_>>().join("\n")
}
