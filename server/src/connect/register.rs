//! Registering the connections of an attempt.
//!
//! Owns the status of a connection while it is being connected. Must not call a provider.

use std::time::Duration;

use connectors::connect::Connected;
use wire::api::{Connection, ConnectionRequest};

use super::Flows;
use crate::ingest::Refusal;
use crate::store::{Error, Result};

/// How often a registration is attempted: a provider returns its credentials only once.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

impl Flows {
    /// Registers a connection that is ready, and requests its sync.
    pub(super) async fn register(
        &self,
        connector: &str,
        user_id: &str,
        connected: Connected,
    ) -> std::result::Result<Connection, Refusal> {
        let id = connected.id.clone();
        let request = request(user_id, connected, Some("active"));
        let mut tries = 1;
        loop {
            match self.services.ingest.register(connector, id.clone(), request.clone(), self.now()).await {
                Ok((connection, _)) => return Ok(connection),
                Err(Refusal::Store(Error::Unavailable(_) | Error::Busy(_))) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// Shows a connection that the provider has named but that is not ready yet. A registered one stays unchanged.
    pub(super) async fn announce(
        &self,
        connector: &str,
        user_id: &str,
        named: Connected,
    ) -> std::result::Result<(), Refusal> {
        if self.registered(connector, &named.id).await?.is_some() {
            return Ok(());
        }
        let id = named.id.clone();
        let request = request(user_id, named, Some("pending"));
        self.services.ingest.announce(connector, id, request, self.now()).await.map(drop)
    }

    /// Marks the pending connections invalid, because the provider could not connect the bank. Other connections stay
    /// unchanged.
    pub(super) async fn give_up(&self, connector: &str, user_id: &str, named: Vec<Connected>) {
        for connected in named {
            let known = self.registered(connector, &connected.id).await;
            if !known.is_ok_and(|known| known.is_some_and(|known| known.status == "pending")) {
                continue;
            }
            let id = connected.id.clone();
            let request = request(user_id, connected, Some("invalid"));
            if let Err(error) = self.services.ingest.announce(connector, id, request, self.now()).await {
                tracing::warn!(%error, "a failed connection could not be marked as invalid");
            }
        }
    }

    pub(super) async fn registered(&self, connector: &str, connection_id: &str) -> Result<Option<Connection>> {
        match self.services.store.connection(connector.to_owned(), connection_id.to_owned()).await {
            Ok(connection) => Ok(Some(connection)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn request(user_id: &str, connected: Connected, status: Option<&str>) -> ConnectionRequest {
    ConnectionRequest {
        user_id: user_id.to_owned(),
        external_user_id: connected.external_user_id,
        credentials: connected.credentials.map(|credentials| credentials.0),
        institution_name: connected.institution_name,
        accounts: vec![],
        status: status.map(str::to_owned),
    }
}
