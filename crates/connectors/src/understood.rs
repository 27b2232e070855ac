//! The result of reading a value.
//!
//! Owns the type that every reader returns. Must not read anything.

use crate::json::Unreadable;

/// A value that is understood, or one sentence that tells the operator why it is not. No sentence repeats a value of
/// the body, because it may be personal.
pub(crate) type Understood<T> = Result<T, String>;

impl From<Unreadable> for String {
    fn from(unreadable: Unreadable) -> Self {
        format!("the body is not understood: {unreadable}")
    }
}
