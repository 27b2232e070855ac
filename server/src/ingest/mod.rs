//! Ingest: the entry point for webhooks and pushes.
//!
//! Owns the order of the steps and what each failure means. Must not know HTTP, a provider's formats or SQL.
//!
//! From a webhook to a socket:
//!
//! 1. [`Ingest::webhook`] receives the raw delivery from `http::webhooks`. The provider **verifies** it.
//! 2. `understand` has the provider **interpret** it.
//! 3. [`record_delivery`](crate::store::Deliveries::record_delivery) **stores** the delivery, the rows and the events in
//!    one commit.
//! 4. Right after the commit the store calls the sink of [`publish::after_commit`], which gives the events to the
//!    **bus** (`feed::Bus`, and from there to each subscriber of the user). Then the webhook is answered.
//!
//! A push ([`Ingest::push`]) was authenticated by its service secret and begins with the third step. Deliveries of a
//! connection that is not registered wait in the `backlog`, which takes the same steps later.

mod backlog;
mod detached;
mod locks;
mod owners;
pub mod publish;
mod push;
mod refusal;
mod understand;

use std::collections::BTreeMap;
use std::sync::Arc;

use connectors::fetch::Credentials;
use connectors::{Malformed, NoKeys, Provider, RawDelivery, Registry, VerifiedDelivery, VerifyError};
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::Notify;
use wire::api::{Connection, ConnectionRequest, WebhookAnswer};

use self::backlog::Backlog;
use self::locks::ConnectionKey;
use self::owners::Owners;
use self::understand::{understand, understood_again};
use crate::limits::Limits;
use crate::store::{self, Changed, ConnectorRef, Content, NewDelivery, Recorded, Store, SyncRequest, Urgency};
use crate::sync::credentials::CredentialKeys;
use crate::sync::{Keys, Obtained};
use crate::telemetry::spans::{self, Arrival};

pub use push::{Push, Pushed, PushedDeletion};
pub use refusal::Refusal;

/// The longest name of an institution, in characters.
const LONGEST_NAME: usize = 200;

/// The ingest of deliveries, shared by webhooks, pushes, the calls for connections and the demo.
pub struct Ingest {
    registry: Arc<Registry>,
    store: Arc<dyn Store>,
    limits: Arc<Limits>,
    owners: Owners,
    backlog: Backlog,
    /// Notified when a connection is due for a sync.
    sync: Arc<Notify>,
    keys: CredentialKeys,
    /// The source of keys that are not configured.
    provider_keys: Option<Arc<Keys>>,
}

impl Ingest {
    /// Creates the ingest into `store`.
    pub fn new(registry: Arc<Registry>, store: Arc<dyn Store>, limits: Arc<Limits>, sync: Arc<Notify>) -> Self {
        let backlog = Backlog::new(Arc::clone(&registry), Arc::clone(&store));
        Self {
            registry,
            store,
            limits,
            owners: Owners::default(),
            backlog,
            sync,
            keys: CredentialKeys::default(),
            provider_keys: None,
        }
    }

    /// Encrypts connections' credentials with these keys.
    #[must_use]
    pub fn sealing_with(self, keys: CredentialKeys) -> Self {
        Self { keys, ..self }
    }

    /// Verifies with these keys if no secret is configured for a delivery.
    #[must_use]
    pub fn verifying_with(self, keys: Arc<Keys>) -> Self {
        Self { provider_keys: Some(keys), ..self }
    }

    /// Sets the counter of failures to apply a backlog.
    #[must_use]
    pub fn counting(mut self, errors: Counter) -> Self {
        self.backlog.counting(errors);
        self
    }

    /// The providers.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Receives a webhook. When this returns, the delivery is on disk and its events are published.
    pub async fn webhook(
        &self,
        connector: &str,
        raw: RawDelivery,
        arrived: Arrival,
        now: Timestamp,
    ) -> Result<WebhookAnswer, Refusal> {
        let provider = self.registry.get(connector).ok_or(Refusal::UnknownConnector)?;
        let description = provider.description();
        let delivery = self.verify(provider.as_ref(), raw, now).await?;
        let content = understand(provider.as_ref(), delivery.authentic(), now);
        self.check_rate(description.id, &content).await?;
        let key = match &content {
            Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. } => {
                Some((description.id.to_owned(), connection_id.clone()))
            }
            _ => None,
        };
        let has_to_ask = matches!(content, Content::Fetch { .. });
        let new =
            NewDelivery { connector: description.into(), delivery: delivery.into(), content, register: None, arrived };
        let recorded = self.store.record_delivery(new, now).await?;
        if has_to_ask {
            self.sync.notify_one();
        }
        spans::recorded(&arrived, key.as_ref().map(|(_, connection_id)| connection_id.as_str()));
        match (recorded, key) {
            (Recorded::Queued, Some(key)) => answer(self.apply_with_earlier(key, now).await),
            (recorded, _) => answer(recorded),
        }
    }

    /// Verifies a delivery. A missing key is fetched, if there is a source for it.
    async fn verify(
        &self,
        provider: &dyn Provider,
        raw: RawDelivery,
        now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        let Some(keys) = &self.provider_keys else { return provider.verify(raw, &NoKeys, now) };
        match provider.verify(raw.clone(), keys.as_ref(), now) {
            Err(VerifyError::KeyUnavailable(id)) => match keys.obtain(&id).await {
                Obtained::Known => provider.verify(raw, keys.as_ref(), now),
                Obtained::Registered(key) => provider.verify(raw, &key, now),
                Obtained::NotPublished => Err(VerifyError::Mismatch),
                Obtained::NotNow => Err(VerifyError::KeyUnavailable(id)),
            },
            verified => verified,
        }
    }

    /// Accepts a service's push. When this returns, it is on disk and its events are published.
    pub async fn push(&self, push: Push, arrived: Arrival, now: Timestamp) -> Result<Pushed, Refusal> {
        let (user_id, place) = (push.user_id.clone(), push.place());
        let (connector, delivery, content) = push.into_parts();
        let register = Some(user_id.clone());
        let recorded =
            self.store.record_delivery(NewDelivery { connector, delivery, content, register, arrived }, now).await?;
        if !matches!(recorded, Recorded::Applied(_) | Recorded::Duplicate) {
            // The push is not in its user's feed, so its sender has to retry.
            return Err(store::Error::Unavailable("a push could not be applied".to_owned()).into());
        }
        let transaction = self.store.transaction(user_id, place).await?;
        Ok(Pushed { transaction, is_new: matches!(recorded, Recorded::Applied(Changed { new: 1.., .. })) })
    }

    /// Deletes a transaction that was pushed.
    pub async fn delete(&self, deletion: PushedDeletion, arrived: Arrival, now: Timestamp) -> Result<(), Refusal> {
        let register = Some(deletion.user_id.clone());
        let (connector, delivery, content) = deletion.into_parts();
        let new = NewDelivery { connector, delivery, content, register, arrived };
        match self.store.record_delivery(new, now).await? {
            Recorded::Applied(_) | Recorded::Duplicate => Ok(()),
            _ => Err(store::Error::Unavailable("a deletion could not be applied".to_owned()).into()),
        }
    }

    /// Registers a connection, then applies its backlog and requests its sync. Returns the connection, and whether it
    /// is new.
    pub async fn register(
        &self,
        connector: &str,
        connection_id: String,
        request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool), Refusal> {
        let registered = self.announce(connector, connection_id.clone(), request, now).await?;
        self.ask(connector, connection_id, now).await?;
        Ok(registered)
    }

    /// The same for a connection that is not ready: it is not synced yet.
    pub async fn announce(
        &self,
        connector: &str,
        connection_id: String,
        mut request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool), Refusal> {
        let institution = request.institution_name.take();
        request.institution_name = institution.and_then(|name| connectors::readable(&name, LONGEST_NAME));
        let provider = self.registry.get(connector).ok_or(Refusal::UnknownConnector)?;
        let description = provider.description();
        let sealed = self.sealed(request.credentials.take(), (description.id, &connection_id))?;
        let info = ConnectorRef::from(description);
        let registered = self.store.put_connection(info, connection_id.clone(), request, now).await?;
        self.owners.forget(description.id, &connection_id);
        if let Some(sealed) = sealed {
            self.store.set_credentials(description.id.to_owned(), connection_id.clone(), sealed).await?;
        }
        self.apply_with_earlier((description.id.to_owned(), connection_id), now).await;
        Ok(registered)
    }

    /// Requests a sync of a connection now, if its connector can fetch; returns whether it can.
    pub async fn ask(&self, connector: &str, connection_id: String, now: Timestamp) -> Result<bool, Refusal> {
        self.ask_at(connector, connection_id, now).await
    }

    /// Requests a sync of a connection at this time at the latest, if its connector can fetch; returns whether it can.
    pub async fn ask_at(&self, connector: &str, connection_id: String, at: Timestamp) -> Result<bool, Refusal> {
        let provider = self.registry.get(connector).ok_or(Refusal::UnknownConnector)?;
        if provider.fetch().is_none() {
            return Ok(false);
        }
        let connector = provider.description().id.to_owned();
        let (everything, urgency) = (SyncRequest::Everything, Urgency::DespiteFailures);
        self.store.request_sync(connector, connection_id, everything, urgency, at).await?;
        self.sync.notify_one();
        Ok(true)
    }

    /// Encrypts credentials for the store.
    fn sealed(
        &self,
        credentials: Option<BTreeMap<String, String>>,
        of: (&str, &str),
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let sealed = credentials.map(|credentials| self.keys.seal(&Credentials(credentials), of)).transpose();
        sealed.map_err(|_| Refusal::CredentialsNotConfigured)
    }

    /// Applies the backlog of a connection that is now registered; returns the changes. `None` if another task is
    /// applying it, or if it takes too long.
    pub async fn apply_backlog(
        &self,
        connector_id: &str,
        connection_id: &str,
        now: Timestamp,
    ) -> Result<Option<Changed>, store::Error> {
        self.backlog.apply((connector_id.to_owned(), connection_id.to_owned()), now).await
    }

    /// Applies the backlogs of all connections: a crash or an error may have left some.
    pub async fn apply_backlogs(&self, now: Timestamp) -> Result<Changed, store::Error> {
        self.backlog.apply_all(now).await
    }

    /// Replays a delivery of the inbox. One that was processed stays unchanged.
    pub async fn run_again(&self, id: i64, now: Timestamp) -> Result<Recorded, Refusal> {
        let stored = self.store.delivery(id).await?;
        let provider = self.registry.get(&stored.connector_id).ok_or(Refusal::UnknownConnector)?;
        let delivery = understood_again(provider.as_ref(), stored.delivery, now);
        Ok(self.store.apply_kept(id, delivery, now).await?)
    }

    /// Applies a queued delivery and the ones before it. It is on disk: if it is not applied now, it is applied with
    /// the next delivery, or within a minute.
    async fn apply_with_earlier(&self, key: ConnectionKey, now: Timestamp) -> Recorded {
        match self.backlog.apply(key, now).await {
            Ok(Some(changed)) => Recorded::Applied(changed),
            // Another task is about to apply it.
            Ok(None) => Recorded::Queued,
            Err(error) => {
                tracing::error!(%error, "a backlog could not be applied");
                Recorded::Queued
            }
        }
    }

    /// Counts a delivery against the limits. Only authentic deliveries get here, and only those that name a connection
    /// count, so that a stranger cannot use up a connection's quota.
    async fn check_rate(&self, connector_id: &str, content: &Content) -> Result<(), Refusal> {
        let (Content::Changes { connection_id, .. } | Content::Fetch { connection_id, .. }) = content else {
            return Ok(());
        };
        self.limits.delivery_of_connection(connector_id, connection_id).await?;
        if self.limits.counts_deliveries_of_users()
            && let Some(owner) = self.owners.owner(self.store.as_ref(), connector_id, connection_id).await?
        {
            self.limits.delivery_of_user(&owner).await?;
        }
        Ok(())
    }
}

/// The answer to the provider.
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
