//! Providers' ids.
//!
//! Owns which ids can be stored. Must not know what they identify.

use crate::json::Document;
use crate::understood::Understood;

/// The longest id that is accepted, in characters.
const MAX_ID: usize = 200;

/// An id that can be stored: `None` if absent, refused unless it is a text of 1 to 200 characters without control
/// characters.
pub(crate) fn id(document: &Document<'_>, names: &[&str], what: &str) -> Understood<Option<String>> {
    document.id(names).map(|id| checked(id, what)).transpose()
}

/// An id that is composed of others, if it can be stored.
pub(crate) fn checked(id: String, what: &str) -> Understood<String> {
    if id.chars().count() > MAX_ID {
        return Err(format!("the id of the {what} has more than {MAX_ID} characters"));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the id of the {what} has control characters"));
    }
    Ok(id)
}

/// An id that is a plain value (`"account": "a1"`) or in an object (`"account": {"id": "a1"}`).
pub(crate) fn id_of(document: &Document<'_>, name: &str, what: &str) -> Understood<Option<String>> {
    match document.object(&[name])? {
        Some(object) => id(&object, &["id"], what),
        None => id(document, &[name], what),
    }
}

/// A required id that can be stored.
pub(crate) fn needed(document: &Document<'_>, name: &str, what: &str) -> Understood<String> {
    id_of(document, name, what)?.ok_or_else(|| format!("the id of the {what} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body;

    #[test]
    fn an_id_has_one_to_two_hundred_characters_and_none_that_control() {
        for (json, expected) in [
            (r#"{"id":"a"}"#.to_owned(), Ok(Some("a".to_owned()))),
            (r#"{"id":7}"#.to_owned(), Ok(Some("7".to_owned()))),
            (r#"{"id":" "}"#.to_owned(), Ok(None)),
            (format!(r#"{{"id":"{}"}}"#, "ä".repeat(200)), Ok(Some("ä".repeat(200)))),
            (
                format!(r#"{{"id":"{}"}}"#, "ä".repeat(201)),
                Err("the id of the thing has more than 200 characters".to_owned()),
            ),
            (r#"{"id":"a\u0000"}"#.to_owned(), Err("the id of the thing has control characters".to_owned())),
        ] {
            assert_eq!(id(&body::object(json.as_bytes()).unwrap(), &["id"], "thing"), expected, "{json}");
        }
    }
}
