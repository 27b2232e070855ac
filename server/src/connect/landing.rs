//! The landing of a user who returns from a consent page.
//!
//! Owns the outcomes that the connections page knows. Must not know an address.

/// The landing of a user who returns from a consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// The bank is connected, or is being connected.
    Connected,
    /// It is not.
    Problem(Problem),
}

/// Why a bank is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The attempt is not known, too old, or was finished before.
    Expired,
    /// The user did not agree, or is not the user who began the attempt.
    Refused,
    /// The provider could not do it.
    Failed,
    /// The provider or the store does not answer now.
    Unavailable,
}

impl Problem {
    /// The page's word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}
