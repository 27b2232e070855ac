//! Basiq's users.
//!
//! Owns their type. Must not know their connections.

/// A user, as the application created it.
#[derive(Clone, Debug, Default)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) mobile: String,
    pub(super) first_name: String,
    pub(super) middle_name: String,
    pub(super) last_name: String,
}
