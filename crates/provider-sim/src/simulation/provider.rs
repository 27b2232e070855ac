//! The providers that can be simulated.
//!
//! Owns their names. Must not know how one is simulated.

use std::fmt;
use std::str::FromStr;

/// A provider that can be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Australian banks.
    Basiq,
    /// Banks of the United States.
    Plaid,
    /// Accounting services.
    Apideck,
}

/// A name that belongs to none of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be simulated: basiq, plaid and apideck can")]
pub struct NoSuchProvider(String);

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Basiq, Self::Plaid, Self::Apideck];

    /// The name: `basiq` …
    pub fn name(self) -> &'static str {
        match self {
            Self::Basiq => "basiq",
            Self::Plaid => "plaid",
            Self::Apideck => "apideck",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = NoSuchProvider;

    fn from_str(text: &str) -> Result<Self, NoSuchProvider> {
        let known = Self::ALL.into_iter().find(|provider| provider.name() == text);
        known.ok_or_else(|| NoSuchProvider(text.to_owned()))
    }
}
