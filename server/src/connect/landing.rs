//! The landing of a user who returns from a consent page.
//!
//! Owns the outcomes that the connections page knows. Must not know an address.

/// The landing of a user who returns from a consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// The bank is connected, or the provider is still connecting it.
    Connected,
    /// The bank is not connected.
    Problem(Problem),
}

/// Why a bank is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The attempt is unknown, too old, or was finished before.
    Expired,
    /// The user did not agree, or is not the user who began the attempt.
    Refused,
    /// The provider could not connect the bank.
    Failed,
    /// The provider or the store does not answer now.
    Unavailable,
}

impl Problem {
    /// The code of the problem in the page's address.
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }
}
