//! From the callback of an attempt to its connection.
//!
//! Owns how long and how often the provider is polled for the outcome of an attempt. Must not keep the browser waiting
//! for longer than a few seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use connectors::connect::{Connected, Outcome, Returned};
use connectors::fetch::FetchError;
use jiff::SignedDuration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use wire::api::Connection;

use super::landing::{Landing, Problem};
use super::{ConnectError, Flows, in_time, state_token};
use crate::store::{CONNECT_CLAIM, Error, Result, ReturnedConnect, StateHash};
use crate::tasks;

/// How long the browser waits until the provider names the connection.
const BROWSER_WAITS: Duration = Duration::from_secs(5);
/// How long the provider may take in all.
const LIMIT: SignedDuration = SignedDuration::from_mins(10);
/// The first pause between two polls, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The progress of an attempt, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The provider is still working.
    Waiting,
    /// The provider does not answer.
    Unreachable,
    /// The landing page is known.
    Known(Landing),
}

/// Why a callback leads nowhere.
fn problem_of(error: &Error) -> Problem {
    match error {
        Error::NotFound => Problem::Expired,
        Error::Conflict(_) => Problem::Refused,
        error => {
            tracing::error!(%error, "an attempt to connect a bank could not be read");
            Problem::Unavailable
        }
    }
}

impl Flows {
    /// Handles the callback of an attempt. A state is valid once, for the user who began the attempt.
    pub async fn come_back(
        self: &Arc<Self>,
        connector: &str,
        user_id: &str,
        state: &str,
        parameters: BTreeMap<String, String>,
    ) -> Landing {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return Landing::Problem(Problem::Unavailable);
        };
        let (hash, now) = (state_token::hash(state), self.now());
        let (connector, user_id) = (connector.to_owned(), user_id.to_owned());
        // Inserted before the attempt is in the store, where the job for interrupted attempts would find it.
        let is_first = self.followed.insert(hash);
        let returned = match self.services.store.return_connect(hash, connector, user_id, parameters, now).await {
            Ok(returned) => returned,
            Err(error) => {
                if is_first {
                    self.followed.remove(&hash);
                }
                return Landing::Problem(problem_of(&error));
            }
        };
        let mut progress = self.follow_in_background(hash, returned, permit);
        let is_known = |progress: &Progress| matches!(progress, Progress::Known(_));
        let known = tokio::time::timeout(BROWSER_WAITS, progress.wait_for(is_known)).await;
        let now_known = known.ok().and_then(|known| known.map(|known| *known).ok());
        match now_known.unwrap_or_else(|| *progress.borrow()) {
            Progress::Known(landing) => landing,
            Progress::Unreachable => Landing::Problem(Problem::Unavailable),
            Progress::Waiting => Landing::Connected,
        }
    }

    /// Resumes attempts that were interrupted when this node or another one stopped.
    pub async fn resume(self: &Arc<Self>) -> Result<()> {
        for (hash, returned) in self.services.store.claim_connects(CONNECT_CLAIM).await? {
            if self.followed.contains(&hash) {
                continue;
            }
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return Ok(()) };
            self.follow_in_background(hash, returned, permit);
        }
        Ok(())
    }

    /// Follows an attempt until it has ended or the server stops.
    fn follow_in_background(
        self: &Arc<Self>,
        hash: StateHash,
        returned: ReturnedConnect,
        permit: OwnedSemaphorePermit,
    ) -> watch::Receiver<Progress> {
        let (tell, progress) = watch::channel(Progress::Waiting);
        let flows = Arc::clone(self);
        self.followed.insert(hash);
        tokio::spawn(async move {
            let _permit = permit;
            let follow = async {
                let landing = flows.follow(&returned, &tell).await;
                tell.send_replace(Progress::Known(landing));
                if let Err(error) = flows.services.store.end_connect(hash).await {
                    tracing::error!(%error, "a finished attempt to connect a bank could not be deleted");
                }
            };
            tokio::select! {
                () = flows.services.stopping.cancelled() => {}
                // A panic is logged and counted.
                _ = tasks::catch_panic("connect", &flows.services.metrics, follow) => {}
                () = flows.renew_claim(hash) => {}
            }
            flows.followed.remove(&hash);
        });
        progress
    }

    /// Keeps other nodes from an attempt for as long as this one follows it.
    async fn renew_claim(&self, hash: StateHash) {
        loop {
            tokio::time::sleep(CONNECT_CLAIM / 4).await;
            if let Err(error) = self.services.store.follow_connect(hash, CONNECT_CLAIM).await {
                tracing::warn!(%error, "another node may follow the same attempt to connect a bank");
            }
        }
    }

    async fn follow(&self, returned: &ReturnedConnect, tell: &watch::Sender<Progress>) -> Landing {
        let (connector, user_id) = (returned.attempt.connector_id.as_str(), returned.attempt.user_id.as_str());
        let until = returned.at.saturating_add(LIMIT).unwrap_or(jiff::Timestamp::MAX);
        let (mut pause, mut pending, mut shown) = (FIRST_PAUSE, vec![], BTreeSet::new());
        loop {
            match self.outcome(returned).await {
                Ok(Outcome::Ready(ready)) => return self.register_all(connector, user_id, ready, &shown).await,
                Ok(Outcome::Declined) => return Landing::Problem(Problem::Refused),
                Ok(Outcome::Failed { reason, named }) => {
                    tracing::info!(connector, reason, "a bank could not be connected");
                    self.give_up(connector, user_id, named).await;
                    return Landing::Problem(Problem::Failed);
                }
                Ok(Outcome::Waiting { named }) => {
                    // A connection that is authorised again is registered already, so its name says nothing about the
                    // outcome.
                    let is_new = returned.attempt.connection_id.is_none();
                    shown.extend(self.announce_all(connector, user_id, &named, &shown).await);
                    let known = !shown.is_empty() && is_new;
                    tell.send_replace(if known { Progress::Known(Landing::Connected) } else { Progress::Waiting });
                    pending = named;
                }
                Err(ConnectError::Unavailable { reason, after: _ }) => {
                    tracing::warn!(connector, reason, "the outcome of connecting a bank is not known yet");
                    if *tell.borrow() == Progress::Waiting {
                        tell.send_replace(Progress::Unreachable);
                    }
                }
                Err(error) => {
                    tracing::warn!(connector, %error, "a bank could not be connected");
                    self.give_up(connector, user_id, pending).await;
                    return Landing::Problem(Problem::Failed);
                }
            }
            if self.now() >= until {
                tracing::warn!(connector, "a provider did not finish connecting a bank in time");
                self.give_up(connector, user_id, pending).await;
                return Landing::Problem(Problem::Failed);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The current outcome of the attempt.
    async fn outcome(&self, returned: &ReturnedConnect) -> std::result::Result<Outcome, ConnectError> {
        let attempt = &returned.attempt;
        let (connect, api) = self.connect(&attempt.connector_id)?;
        let again = match &attempt.connection_id {
            Some(id) => Some(self.services.calls.open(&attempt.connector_id, id).await?),
            None => None,
        };
        let returned = Returned {
            user: &attempt.provider_user,
            parameters: &returned.parameters,
            token: attempt.token.as_deref(),
            again: again.as_ref().map(|again| again.linked()),
        };
        let outcome = in_time(connect.outcome(api, &returned)).await;
        outcome.map_err(|error| match error {
            // The user cannot correct this, and a retry would not help.
            FetchError::NotUnderstood { reason } => ConnectError::Refused(reason),
            error => error.into(),
        })
    }

    /// Registers the connections that are ready. If a connection was shown as pending and is gone, the user has removed
    /// it: it stays removed.
    async fn register_all(
        &self,
        connector: &str,
        user_id: &str,
        ready: Vec<Connected>,
        shown: &BTreeSet<String>,
    ) -> Landing {
        let mut landing = Landing::Problem(Problem::Failed);
        for connected in ready {
            if shown.contains(&connected.id) && matches!(self.registered(connector, &connected.id).await, Ok(None)) {
                landing = Landing::Connected;
                continue;
            }
            match self.register(connector, user_id, connected).await {
                Ok(_) => landing = Landing::Connected,
                Err(error) => tracing::error!(connector, %error, "a connected bank could not be registered"),
            }
        }
        landing
    }

    /// Shows the connections that are not shown yet; returns their ids.
    async fn announce_all(
        &self,
        connector: &str,
        user_id: &str,
        named: &[Connected],
        shown: &BTreeSet<String>,
    ) -> Vec<String> {
        let mut announced = vec![];
        for connected in named.iter().filter(|connected| !shown.contains(&connected.id)) {
            match self.announce(connector, user_id, connected.clone()).await {
                Ok(()) => announced.push(connected.id.clone()),
                Err(error) => tracing::warn!(connector, %error, "a connection could not be shown as pending"),
            }
        }
        announced
    }

    /// Registers the connection that belongs to a token from the provider's script on the user's page.
    pub async fn exchange(
        &self,
        connector: &str,
        user_id: &str,
        token: &str,
    ) -> std::result::Result<Connection, ConnectError> {
        let (connect, api) = self.connect(connector)?;
        let connected = in_time(connect.exchange(api, token)).await?;
        Ok(self.register(connector, user_id, connected).await?)
    }
}
