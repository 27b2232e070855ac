//! Calls for a single connection outside of its runs.
//!
//! Owns the parts of such a call: the provider's API, and the connection with its credentials. Must not know the
//! purpose of a call, nor pass credentials to anything but the provider's connector.

use std::sync::Arc;

use connectors::fetch::{Api, Credentials, LinkedConnection};
use connectors::{Provider, Registry};
use wire::api::Connection;

use super::apis::Apis;
use super::credentials::CredentialKeys;
use crate::store::{self, Store};

/// The parts that calls for a connection need.
pub struct ConnectionCalls {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    apis: Arc<Apis>,
    keys: CredentialKeys,
}

/// A connection with its decrypted credentials.
pub struct Opened {
    /// The connection as registered.
    pub connection: Connection,
    credentials: Credentials,
}

impl Opened {
    /// The connection as its provider knows it.
    pub fn linked(&self) -> LinkedConnection<'_> {
        LinkedConnection {
            id: &self.connection.connection_id,
            external_user_id: self.connection.external_user_id.as_deref(),
            credentials: &self.credentials,
        }
    }
}

impl ConnectionCalls {
    /// Creates calls on these services.
    pub fn new(store: Arc<dyn Store>, registry: Arc<Registry>, apis: Arc<Apis>, keys: CredentialKeys) -> Self {
        Self { store, registry, apis, keys }
    }

    /// A provider.
    pub fn provider(&self, connector_id: &str) -> Option<&Arc<dyn Provider>> {
        self.registry.get(connector_id)
    }

    /// A provider's API.
    pub fn api(&self, connector_id: &str) -> Option<&dyn Api> {
        self.apis.of(connector_id).map(|api| api as &dyn Api)
    }

    /// Whether credentials can be stored.
    pub fn keeps_credentials(&self) -> bool {
        self.keys.can_seal()
    }

    /// Opens a registered connection. Credentials that cannot be decrypted count as absent; the connector's error then
    /// names the missing one.
    pub async fn open(&self, connector_id: &str, connection_id: &str) -> store::Result<Opened> {
        let connection = self.store.connection(connector_id.to_owned(), connection_id.to_owned()).await?;
        let sealed = self.store.credentials(connector_id.to_owned(), connection_id.to_owned()).await?;
        let open = |sealed: Vec<u8>| {
            let opened = self.keys.open(&sealed, (connector_id, connection_id));
            opened.inspect_err(|error| tracing::warn!(connection_id, %error, "credentials cannot be decrypted")).ok()
        };
        let credentials = sealed.and_then(open).unwrap_or_default();
        Ok(Opened { connection, credentials })
    }
}
