//! The table of providers.
//!
//! Owns the list; a new provider is one line here. Must not know any provider's details.

use std::fmt;
use std::sync::Arc;

use crate::Connector;
use crate::apideck::Apideck;
use crate::basiq::Basiq;

/// What the operator configured for the connectors.
#[derive(Clone, Default)]
pub struct Settings {
    /// `BASIQ_WEBHOOK_SECRET`: any of these verifies.
    pub basiq_webhook_secrets: Vec<String>,
    /// `BASIQ_WEBHOOK_STRICT`: refuse the signature form without a time stamp.
    pub basiq_webhook_strict: bool,
    /// `APIDECK_WEBHOOK_SECRET`: any of these verifies.
    pub apideck_webhook_secrets: Vec<String>,
}

impl fmt::Debug for Settings {
    /// Says how many secrets there are, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { basiq_webhook_secrets, basiq_webhook_strict, apideck_webhook_secrets } = self;
        f.debug_struct("Settings")
            .field("basiq_webhook_secrets", &basiq_webhook_secrets.len())
            .field("basiq_webhook_strict", basiq_webhook_strict)
            .field("apideck_webhook_secrets", &apideck_webhook_secrets.len())
            .finish()
    }
}

/// Every connector this server has.
#[derive(Clone)]
pub struct Registry(Vec<Arc<dyn Connector>>);

impl Registry {
    /// The connectors with their settings.
    pub fn new(settings: &Settings) -> Self {
        Self(vec![Arc::new(Basiq::new(settings)), Arc::new(Apideck::new(settings))])
    }

    /// The connector with this name in addresses.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Connector>> {
        self.0.iter().find(|connector| connector.info().id == id)
    }

    /// All of them, in the order they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.0.iter()
    }
}
