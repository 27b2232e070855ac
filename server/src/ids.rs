//! Names that callers give: users, connections, accounts, transactions.
//!
//! Owns the rules for valid names. A name goes into headers, logs and URLs, so it is short, and does not change when
//! trimmed. Must not know whether it exists.

/// The longest name, in bytes.
pub const LONGEST: usize = 200;

/// Whether the text is a valid name.
pub fn is_name(id: &str) -> bool {
    is_name_up_to(LONGEST, id)
}

/// Refuses an invalid name with a sentence; `what` is the name of the field.
pub fn check(what: &str, id: &str) -> Result<(), String> {
    check_up_to(LONGEST, what, id)
}

/// The same for a name that may be longer because it contains others.
pub fn check_up_to(longest: usize, what: &str, id: &str) -> Result<(), String> {
    if is_name_up_to(longest, id) {
        return Ok(());
    }
    Err(format!(
        "{what} must have between 1 and {longest} bytes, no control characters, and no leading or trailing spaces"
    ))
}

fn is_name_up_to(longest: usize, id: &str) -> bool {
    (1..=longest).contains(&id.len()) && id.trim() == id && !id.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_short_and_survives_headers_and_trimming() {
        for good in ["a", "user-1", "conn 1", "Zoë", &"x".repeat(200)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", " ", "alice ", "al\nice", "al\0ice", "\u{85}", &"x".repeat(201)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
