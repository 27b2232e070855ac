//! The table of providers.
//!
//! Owns the list: a new provider is its module here and one line in `PROVIDERS`. Must not know any provider's details.

mod akahu;
mod apideck;
mod basiq;
mod gocardless;
mod plaid;
mod stripe;
mod teller;
mod truelayer;
mod up;
mod wise;
mod xero;

use std::sync::Arc;

use crate::declarative::Declaration;
use crate::provider::{Description, Provider};
use crate::settings::{Setting, Settings};

/// A provider that can be built from settings.
struct Entry {
    description: &'static Description<'static>,
    new: fn(&Settings) -> Arc<dyn Provider>,
}

/// Every provider, in the order of display.
const PROVIDERS: &[Entry] = &[
    Entry { description: &basiq::DESCRIPTION, new: basiq::provider },
    Entry { description: &apideck::DESCRIPTION, new: apideck::provider },
    Entry { description: &plaid::DESCRIPTION, new: plaid::provider },
    Entry { description: &up::DESCRIPTION, new: up::provider },
    Entry { description: &stripe::DESCRIPTION, new: stripe::provider },
    Entry { description: &teller::DESCRIPTION, new: teller::provider },
    Entry { description: &akahu::DESCRIPTION, new: akahu::provider },
    Entry { description: &gocardless::DESCRIPTION, new: gocardless::provider },
    Entry { description: &wise::DESCRIPTION, new: wise::provider },
    Entry { description: &truelayer::DESCRIPTION, new: truelayer::provider },
    Entry { description: &xero::DESCRIPTION, new: xero::provider },
];

/// The descriptions of all providers.
pub fn descriptions() -> impl Iterator<Item = &'static Description<'static>> {
    PROVIDERS.iter().map(|entry| entry.description)
}

/// The settings of all providers.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    descriptions().flat_map(|description| description.settings)
}

/// Every provider with its settings.
#[derive(Clone)]
pub struct Registry(Vec<Arc<dyn Provider>>);

impl Registry {
    /// The providers with their settings.
    pub fn new(settings: &Settings) -> Self {
        Self(PROVIDERS.iter().map(|entry| (entry.new)(settings)).collect())
    }

    /// Appends the connectors that files declare.
    #[must_use]
    pub fn and_declared(mut self, declarations: &[Declaration], settings: &Settings) -> Self {
        self.0.extend(declarations.iter().map(|declaration| declaration.provider(settings)));
        self
    }

    /// The provider with this id in addresses.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Provider>> {
        self.0.iter().find(|provider| provider.description().id == id)
    }

    /// All providers, in the order of display.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_and_each_setting_has_a_name_of_its_own() {
        let ids: Vec<&str> = descriptions().map(|description| description.id).collect();
        let names: Vec<&str> = settings().map(|setting| &*setting.name).collect();
        for all in [&ids, &names] {
            let distinct: std::collections::BTreeSet<_> = all.iter().collect();
            assert_eq!(distinct.len(), all.len(), "{all:?}");
        }
        for description in descriptions() {
            let prefix = format!("{}_", description.id.to_uppercase());
            assert!(description.settings.iter().all(|setting| setting.name.starts_with(&prefix)), "{prefix}");
        }
    }
}
