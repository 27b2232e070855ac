//! From a delivery to durable changes: verify, understand, store.
//!
//! Owns the order of these steps and what each failure means. Must not know HTTP, a provider's words
//! or SQL. The event goes out from the commit itself, see `store::CommitSink`.

mod placing;
mod turns;

use std::sync::Arc;

use connectors::{Malformed, RawDelivery, Registry, VerifyError};
use dashmap::DashMap;
use jiff::Timestamp;
use wire::api::{Connection, ConnectionRequest, WebhookAnswer};

use self::placing::{Placer, newly_understood, understand};
use self::turns::Place;
use crate::limits::{Limits, TooMany};
use crate::store::{self, Changed, ConnectorRef, Content, NewDelivery, Recorded, Store};
use crate::telemetry::spans::{self, Arrival};

/// Why a delivery was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No connector has this name.
    #[error("no such connector")]
    UnknownConnector,
    /// Its signature is not good.
    #[error(transparent)]
    Unverified(#[from] VerifyError),
    /// It is authentic, but not this provider's shape.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Its connection or user has been sent too much; try again after so many seconds.
    #[error("too many deliveries for this connection")]
    RateLimited(u64),
    /// The store could not take it.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The longest name of an institution, in characters.
const LONGEST_NAME: usize = 200;

/// How many connections' owners are remembered.
const MOST_OWNERS: usize = 100_000;

/// The way in, shared by webhooks, the connections' calls and the demo.
pub struct Pipeline {
    registry: Arc<Registry>,
    store: Arc<dyn Store>,
    limits: Arc<Limits>,
    /// Whose the connections are that had deliveries of late, for the limits alone.
    owners: DashMap<(&'static str, String), Arc<str>>,
    placer: Placer,
}

impl Pipeline {
    /// The way into `store`.
    pub fn new(registry: Registry, store: Arc<dyn Store>, limits: Arc<Limits>) -> Self {
        let registry = Arc::new(registry);
        let placer = Placer::new(Arc::clone(&registry), Arc::clone(&store));
        Self { registry, store, limits, owners: DashMap::new(), placer }
    }

    /// The connectors.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Takes a webhook. When this returns, the delivery is on the disk.
    pub async fn receive(
        &self,
        connector: &str,
        raw: RawDelivery,
        arrived: Arrival,
        now: Timestamp,
    ) -> Result<WebhookAnswer, Refusal> {
        let connector = self.registry.get(connector).ok_or(Refusal::UnknownConnector)?;
        let delivery = connector.verify(raw, now)?;
        let content = understand(connector.as_ref(), &delivery);
        self.check_rate(connector.info().id, &content).await?;
        let place = match &content {
            Content::Changes { connection_id, .. } => Some((connector.info().id.to_owned(), connection_id.clone())),
            _ => None,
        };
        let new = NewDelivery { connector: connector.info().into(), delivery, content, register: None, arrived };
        let recorded = self.store.record_delivery(new, now).await?;
        spans::recorded(&arrived, place.as_ref().map(|(_, connection_id)| connection_id.as_str()));
        match (recorded, place) {
            (Recorded::Queued, Some(place)) => answer(self.place_with_earlier(place, now).await),
            (recorded, _) => answer(recorded),
        }
    }

    /// Places a delivery that is queued, with those before it. It is on the disk: where its turn does not
    /// come now, it comes with the next one, or within a minute.
    async fn place_with_earlier(&self, place: Place, now: Timestamp) -> Recorded {
        match self.placer.place(place, now).await {
            Ok(Some(changed)) => Recorded::Applied(changed),
            // Somebody else is about to.
            Ok(None) => Recorded::Queued,
            Err(error) => {
                tracing::error!(%error, "kept deliveries could not be placed");
                Recorded::Queued
            }
        }
    }

    /// Registers a connection, then places what was kept for it. Whether it is new.
    pub async fn register(
        &self,
        connector: &str,
        connection_id: String,
        mut request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool), Refusal> {
        let institution = request.institution_name.take();
        request.institution_name = institution.and_then(|name| connectors::readable(&name, LONGEST_NAME));
        let connector = self.registry.get(connector).ok_or(Refusal::UnknownConnector)?;
        let info = ConnectorRef::from(connector.info());
        let registered = self.store.put_connection(info, connection_id.clone(), request, now).await?;
        self.owners.remove(&(connector.info().id, connection_id.clone()));
        self.place_with_earlier((connector.info().id.to_owned(), connection_id), now).await;
        Ok(registered)
    }

    /// Applies what was kept for a connection that is registered by now; what that changed. Nothing where
    /// somebody else is doing so, or where it takes long.
    pub async fn place_connection(
        &self,
        connector_id: &str,
        connection_id: &str,
        now: Timestamp,
    ) -> Result<Option<Changed>, store::Error> {
        self.placer.place((connector_id.to_owned(), connection_id.to_owned()), now).await
    }

    /// The same for all connections: what a crash or a fault has left behind.
    pub async fn place_all(&self, now: Timestamp) -> Result<Changed, store::Error> {
        self.placer.place_kept(None, now).await
    }

    /// Runs a delivery of the inbox again. One that was processed is left alone.
    pub async fn run_again(&self, id: i64, now: Timestamp) -> Result<Recorded, Refusal> {
        let kept = self.store.delivery(id).await?;
        let connector = self.registry.get(&kept.connector_id).ok_or(Refusal::UnknownConnector)?;
        let delivery = newly_understood(connector.as_ref(), kept.delivery);
        Ok(self.store.apply_kept(id, delivery, now).await?)
    }

    /// Only deliveries that name a connection count, and only authentic ones get here, so that
    /// nobody else can use up a connection's share.
    async fn check_rate(&self, connector_id: &'static str, content: &Content) -> Result<(), Refusal> {
        let Content::Changes { connection_id, .. } = content else { return Ok(()) };
        self.limits.delivery_of_connection(connector_id, connection_id)?;
        if self.limits.counts_deliveries_of_users()
            && let Some(owner) = self.owner(connector_id, connection_id).await?
        {
            self.limits.delivery_of_user(&owner)?;
        }
        Ok(())
    }

    /// Whose a connection is, if it is registered.
    async fn owner(&self, connector_id: &'static str, connection_id: &str) -> Result<Option<Arc<str>>, store::Error> {
        let key = (connector_id, connection_id.to_owned());
        if let Some(owner) = self.owners.get(&key) {
            return Ok(Some(Arc::clone(&owner)));
        }
        let owner: Arc<str> = match self.store.connection(connector_id.to_owned(), key.1.clone()).await {
            Ok(connection) => connection.user_id.into(),
            Err(store::Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        if self.owners.len() >= MOST_OWNERS {
            self.owners.clear();
        }
        self.owners.insert(key, Arc::clone(&owner));
        Ok(Some(owner))
    }
}

impl From<TooMany> for Refusal {
    fn from(TooMany(seconds): TooMany) -> Self {
        Self::RateLimited(seconds)
    }
}

/// What the provider is answered.
fn answer(recorded: Recorded) -> Result<WebhookAnswer, Refusal> {
    let mut answer = WebhookAnswer { success: true, ..WebhookAnswer::default() };
    match recorded {
        Recorded::Applied(changed) => answer.processed = changed.all(),
        Recorded::Partly(changed, reason) => {
            answer.processed = changed.all();
            answer.kept = true;
            answer.reason = Some(reason);
        }
        Recorded::Duplicate => answer.duplicate = true,
        Recorded::Kept(reason) => {
            answer.kept = true;
            answer.reason = Some(reason);
        }
        Recorded::Queued => answer.kept = true,
        Recorded::Malformed(reason) => return Err(Malformed(reason).into()),
    }
    Ok(answer)
}
