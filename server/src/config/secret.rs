//! A value that must not be shown.
//!
//! Owns keeping secrets out of logs and comparing them safely. Must not know their purpose.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// A secret text: it can be used, but not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for signing and verifying.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is the secret. The time of the comparison does not depend on where they differ.
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// 32 random bytes in the form of a Standard Webhooks secret.
///
/// # Panics
/// If the operating system provides no randomness: nothing that follows would be secure.
pub fn random_secret() -> String {
    format!("whsec_{}", STANDARD.encode(random_bytes()))
}

/// 32 random bytes from the operating system.
///
/// # Panics
/// If the operating system provides no randomness.
#[expect(clippy::expect_used, reason = "going on without randomness would hand out guessable secrets")]
pub fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("hunter2hunter2");
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert!(secret.matches("hunter2hunter2") && !secret.matches("hunter2hunter"));
    }
}
