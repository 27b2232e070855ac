//! The APIs of all providers.
//!
//! Owns which addresses belong to a connector: the values of its address settings. Must not call one.

use std::collections::HashMap;

use connectors::{Description, SettingKind, Settings};
use reqwest::Url;

use super::http_api::{Addresses, HttpApi};
use crate::clock::Clock;

/// The APIs, by connector id.
pub struct Apis(HashMap<&'static str, HttpApi>);

impl Apis {
    /// Creates the APIs that are configured or have a default address.
    pub fn new(settings: &Settings, clock: &Clock) -> reqwest::Result<Self> {
        let client = HttpApi::client()?;
        let apis = connectors::providers::descriptions().filter_map(|description| {
            let addresses = addresses(description, settings)?;
            Some((description.id, HttpApi::new(client.clone(), addresses, Clock::clone(clock))))
        });
        Ok(Self(apis.collect()))
    }

    /// The API of a connector.
    pub(super) fn of(&self, connector_id: &str) -> Option<&HttpApi> {
        self.0.get(connector_id)
    }
}

/// The addresses of a connector; `None` if it has none. The first one is its API's.
fn addresses(description: &'static Description<'static>, settings: &Settings) -> Option<Addresses> {
    let set = description.settings.iter().filter(|setting| setting.kind == SettingKind::Url);
    let set = set.filter_map(|setting| {
        let address = settings.text(&setting.name).or(setting.default)?;
        Some((&*setting.name, Url::parse(address).ok()?))
    });
    let set: Vec<_> = set.collect();
    let base = set.first().map(|(_, base)| base.clone())?;
    Some(Addresses { base, named: set.into_iter().collect() })
}
