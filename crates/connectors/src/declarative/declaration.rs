//! A connector as its file declares it.
//!
//! Owns the valid declaration. Must not hold a secret: a provider is built from a declaration and the settings.

use std::fmt;
use std::sync::Arc;

use super::parts::Parts;
use super::provider::Declared;
use crate::provider::{Description, Provider};
use crate::settings::Settings;

/// A connector that a file declares. It is cheap to clone.
#[derive(Clone)]
pub struct Declaration(Arc<Parts>);

impl Declaration {
    pub(super) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The connector's name, settings and capabilities.
    pub fn description(&self) -> Description<'_> {
        self.0.description()
    }

    /// The connector, with the values of its settings.
    pub(crate) fn provider(&self, settings: &Settings) -> Arc<dyn Provider> {
        Arc::new(Declared::new(Arc::clone(&self.0), settings))
    }
}

impl fmt::Debug for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.id)
    }
}
