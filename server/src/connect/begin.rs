//! The beginning of an attempt.
//!
//! Owns the user's id at the provider, and the state. Must not decide who owns a connection: the store does.

use std::time::Duration;

use connectors::connect::{Again, Attempt, Began, Connect, Person};
use connectors::fetch::{Api, FetchError};
use wire::api::ConnectRequest;

use super::{ConnectError, Flows, in_time, state_token};
use crate::store::{ConnectAttempt, Error};
use crate::sync::Opened;

/// How long the user may take on the consent page.
const VALID: Duration = Duration::from_secs(30 * 60);

impl Flows {
    /// The URL of the page on which a user connects a bank, or authorises a connection again. `server` is the server's
    /// address as browsers see it.
    pub async fn begin(
        &self,
        connector: &str,
        user_id: &str,
        request: ConnectRequest,
        server: Option<&str>,
    ) -> Result<Began, ConnectError> {
        let (connect, api) = self.connect(connector)?;
        let again = match &request.connection_id {
            Some(id) => Some(self.own(connector, user_id, id).await?),
            None => None,
        };
        let person = Person { user_id, email: request.email.as_deref() };
        let mut provider_user = self.provider_user(connector, &person, again.as_ref(), (connect, api)).await?;
        let state = state_token::new();
        let again_of =
            |opened| Again { connection: Opened::linked(opened), is_active: opened.connection.status == "active" };
        let again = again.as_ref().map(again_of);
        let attempt = Attempt { user: &provider_user, state: &state, server, again, history_days: self.history_days };
        let began = match in_time(connect.begin(api, &attempt)).await {
            // The provider no longer knows the user: creates a new one there.
            Err(FetchError::Gone { .. }) if again.is_none() => {
                self.services.store.forget_provider_user(connector.to_owned(), user_id.to_owned()).await?;
                let new = self.new_provider_user(connector, &person, (connect, api)).await?;
                let began = in_time(connect.begin(api, &Attempt { user: &new, ..attempt })).await?;
                provider_user = new;
                began
            }
            began => began?,
        };
        let kept = ConnectAttempt {
            connector_id: connector.to_owned(),
            user_id: user_id.to_owned(),
            provider_user,
            connection_id: request.connection_id,
            token: began.token.clone(),
        };
        let now = self.now();
        let expires_at = now.checked_add(VALID).unwrap_or(now);
        self.services.store.begin_connect(state_token::hash(&state), kept, expires_at, now).await?;
        Ok(began)
    }

    /// The user's own connection. Another user's is reported as not found.
    async fn own(&self, connector: &str, user_id: &str, connection_id: &str) -> Result<Opened, ConnectError> {
        let opened = self.services.calls.open(connector, connection_id).await?;
        if opened.connection.user_id == user_id { Ok(opened) } else { Err(Error::NotFound.into()) }
    }

    /// The user's id at the provider: that of the connection to authorise again, else the stored one, else one from a
    /// connection that the core app registered, else a new one.
    async fn provider_user(
        &self,
        connector: &str,
        person: &Person<'_>,
        again: Option<&Opened>,
        of: (&dyn Connect, &dyn Api),
    ) -> Result<String, ConnectError> {
        if let Some(known) = again.and_then(|again| again.connection.external_user_id.clone()) {
            return Ok(known);
        }
        let (store, user_id) = (&self.services.store, person.user_id);
        if let Some(kept) = store.provider_user(connector.to_owned(), user_id.to_owned()).await? {
            return Ok(kept);
        }
        let connections = store.connections(Some(connector.to_owned()), Some(user_id.to_owned())).await?;
        match connections.into_iter().find_map(|connection| connection.external_user_id) {
            Some(registered) => self.keep_provider_user(connector, user_id, registered).await,
            None => self.new_provider_user(connector, person, of).await,
        }
    }

    async fn new_provider_user(
        &self,
        connector: &str,
        person: &Person<'_>,
        (connect, api): (&dyn Connect, &dyn Api),
    ) -> Result<String, ConnectError> {
        let new = in_time(connect.user(api, person)).await?;
        self.keep_provider_user(connector, person.user_id, new).await
    }

    async fn keep_provider_user(&self, connector: &str, user_id: &str, id: String) -> Result<String, ConnectError> {
        Ok(self.services.store.keep_provider_user(connector.to_owned(), user_id.to_owned(), id).await?)
    }
}
