//! Why there is no slot.
//!
//! Owns the error. Must not know how it is answered.

use crate::store;

/// Why there is no slot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user has reached the limit of slots.
    #[error("the user has no free slot")]
    Full,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The error if the database cannot say whether there is a slot.
pub(super) fn unavailable() -> store::Error {
    store::Error::Unavailable("slots cannot be taken now".to_owned())
}
