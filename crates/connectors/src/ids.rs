//! Providers' ids.
//!
//! Owns which of them can be stored. Must not know what they are of.

use crate::json::Document;
use crate::understood::Understood;

/// The longest id that is taken, in characters.
const MAX_ID: usize = 200;

/// An id that can be stored: nothing where none is there, refused where it is no text of 1 to 200
/// characters without control characters.
pub(crate) fn id(document: &Document<'_>, names: &[&str], what: &str) -> Understood<Option<String>> {
    document.id(names).map(|id| checked(id, what)).transpose()
}

/// An id that is made of others, where it can be stored.
pub(crate) fn checked(id: String, what: &str) -> Understood<String> {
    if id.chars().count() > MAX_ID {
        return Err(format!("the id of the {what} has more than {MAX_ID} characters"));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the id of the {what} has control characters in it"));
    }
    Ok(id)
}

/// An id that stands alone (`"account": "a1"`) or in an object (`"account": {"id": "a1"}`).
pub(crate) fn id_of(document: &Document<'_>, name: &str, what: &str) -> Understood<Option<String>> {
    match document.object(&[name])? {
        Some(object) => id(&object, &["id"], what),
        None => id(document, &[name], what),
    }
}

/// The same where it must be there.
pub(crate) fn needed(document: &Document<'_>, name: &str, what: &str) -> Understood<String> {
    id_of(document, name, what)?.ok_or_else(|| format!("the id of the {what} is missing"))
}
