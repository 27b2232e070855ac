//! The contents of a valid file.
//!
//! Owns the parts of a connector without its secrets. Must not act on them.

use wire::Currency;

use super::accounts::Accounts;
use super::events::Events;
use super::path::Paths;
use super::scheme::Signature;
use super::transactions::Transactions;
use crate::provider::Description;
use crate::responses::Responses;
use crate::settings::Setting;

/// The contents of the file.
pub(super) struct Parts {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) connector_type: &'static str,
    pub(super) source: String,
    pub(super) currency: Currency,
    pub(super) capabilities: Vec<&'static str>,
    pub(super) settings: [Setting; 1],
    pub(super) signature: Signature,
    pub(super) delivery: DeliveryId,
    pub(super) responses: Responses,
    pub(super) events: Events,
    pub(super) transactions: Option<Transactions>,
    pub(super) accounts: Option<Accounts>,
}

/// The delivery's key, if it is not the signed id.
#[derive(Debug, Default)]
pub(super) struct DeliveryId {
    pub(super) id: Paths,
    pub(super) header: Option<String>,
}

impl Parts {
    /// The connector's name, settings and capabilities.
    pub(super) fn description(&self) -> Description<'_> {
        Description {
            id: &self.id,
            name: &self.name,
            connector_type: self.connector_type,
            source: &self.source,
            default_currency: self.currency,
            capabilities: &self.capabilities,
            settings: &self.settings,
        }
    }
}
