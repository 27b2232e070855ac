//! The interfaces of all providers.
//!
//! Owns which addresses belong to which connector: its settings that hold one. Must not call one.

use std::collections::HashMap;

use connectors::{Description, SettingKind, Settings};
use reqwest::Url;

use super::http_api::{Addresses, HttpApi};
use crate::clock::Clock;

/// The interfaces, by the connectors' ids.
pub struct Apis(HashMap<&'static str, HttpApi>);

impl Apis {
    /// Those that are configured, or have an address by default.
    pub fn new(settings: &Settings, clock: &Clock) -> reqwest::Result<Self> {
        let client = HttpApi::client()?;
        let apis = connectors::providers::descriptions().filter_map(|description| {
            let addresses = addresses(description, settings)?;
            Some((description.id, HttpApi::new(client.clone(), addresses, Clock::clone(clock))))
        });
        Ok(Self(apis.collect()))
    }

    /// The interface of a connector.
    pub(super) fn of(&self, connector_id: &str) -> Option<&HttpApi> {
        self.0.get(connector_id)
    }
}

/// The addresses of a connector; nothing where it has none. The first one is that of its interface.
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
