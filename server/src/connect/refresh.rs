//! Requesting a provider to refresh a connection from its bank.
//!
//! Owns the provider's budget, and that a run follows. Must not run a sync: the sync worker does.

use std::sync::Arc;
use std::time::Duration;

use connectors::fetch::{Fetch, Refresh};
use jiff::SignedDuration;

use super::{ConnectError, Flows, in_time};
use crate::ingest::Refusal;
use crate::store::Budget;
use crate::tasks;

/// When the connection is synced if the provider does not report the end of the refresh. A webhook may come sooner.
const WITHOUT_A_JOB: SignedDuration = SignedDuration::from_secs(5);
/// The same if the refresh is a job that can be polled: this run remains if a stop of the server interrupts the
/// polling.
const WITH_A_JOB: SignedDuration = SignedDuration::from_mins(2);
/// How often a job is polled, and how many times.
const EVERY: Duration = Duration::from_secs(2);
const TIMES: u32 = 60;

/// The outcome of requesting a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshing {
    /// The provider is refreshing; a run follows.
    Begun,
    /// The provider refreshes on its own schedule only.
    NotOnDemand,
}

impl Flows {
    /// Requests the provider to refresh a connection from its bank, within the provider's budget. A sync follows when
    /// that is done.
    pub async fn refresh(self: &Arc<Self>, connector: &str, connection_id: &str) -> Result<Refreshing, ConnectError> {
        let calls = &self.services.calls;
        let provider = calls.provider(connector).ok_or(ConnectError::UnknownConnector)?;
        let (Some(fetch), Some(api)) = (provider.fetch(), calls.api(connector)) else {
            return Ok(Refreshing::NotOnDemand);
        };
        let opened = calls.open(connector, connection_id).await?;
        if let Some(obstacle) = fetch.obstacle(&opened.linked()) {
            return Err(ConnectError::NotConfigured(obstacle));
        }
        self.take_budget(fetch, connector, connection_id).await?;
        let Refresh::Begun { job } = in_time(fetch.refresh(api, &opened.linked())).await? else {
            return Ok(Refreshing::NotOnDemand);
        };
        let after = if job.is_some() { WITH_A_JOB } else { WITHOUT_A_JOB };
        let at = self.now().saturating_add(after).unwrap_or(jiff::Timestamp::MAX);
        self.services.ingest.ask_at(connector, connection_id.to_owned(), at).await?;
        if let Some(job) = job {
            self.follow_refresh(connector.to_owned(), connection_id.to_owned(), job);
        }
        Ok(Refreshing::Begun)
    }

    async fn take_budget(&self, fetch: &dyn Fetch, connector: &str, connection_id: &str) -> Result<(), ConnectError> {
        let Some(budget) = fetch.refresh_budget() else { return Ok(()) };
        let budget = Budget { times: budget.times, within: budget.within };
        let (now, of) = (self.now(), (connector.to_owned(), connection_id.to_owned()));
        match self.services.store.take_refresh(of.0, of.1, budget, now).await? {
            None => Ok(()),
            Some(until) => {
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                Err(ConnectError::OverBudget(wait))
            }
        }
    }

    /// Requests a sync as soon as the provider is done. Without a free permit, the run that is already scheduled does
    /// this.
    fn follow_refresh(self: &Arc<Self>, connector: String, connection_id: String, job: String) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { return };
        let flows = Arc::clone(self);
        tokio::spawn(async move {
            let _permit = permit;
            let follow = async {
                for _ in 0..TIMES {
                    tokio::time::sleep(EVERY).await;
                    if flows.is_refreshed(&connector, &connection_id, &job).await {
                        break;
                    }
                }
                match flows.services.ingest.ask(&connector, connection_id.clone(), flows.now()).await {
                    Ok(_) | Err(Refusal::Store(crate::store::Error::NotFound)) => {}
                    Err(error) => tracing::warn!(connector, %error, "the sync after a refresh could not be requested"),
                }
            };
            tokio::select! {
                () = flows.services.stopping.cancelled() => {}
                _ = tasks::catch_panic("refresh", &flows.services.metrics, follow) => {}
            }
        });
    }

    /// Whether the job is done. If its state is unknown, it is polled again.
    async fn is_refreshed(&self, connector: &str, connection_id: &str, job: &str) -> bool {
        let calls = &self.services.calls;
        let Some(fetch) = calls.provider(connector).and_then(|provider| provider.fetch()) else { return true };
        let (Some(api), Ok(opened)) = (calls.api(connector), calls.open(connector, connection_id).await) else {
            return true;
        };
        in_time(fetch.is_refreshed(api, &opened.linked(), job)).await.unwrap_or(false)
    }
}
