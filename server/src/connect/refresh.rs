//! Having a provider look at a connection's bank again.
//!
//! Owns the provider's budget, and that a run follows. Must not run anything: the sync worker does.

use std::sync::Arc;
use std::time::Duration;

use connectors::fetch::{Fetch, Refresh};
use jiff::SignedDuration;

use super::{ConnectError, Flows, in_time};
use crate::ingest::Refusal;
use crate::store::Budget;
use crate::tasks;

/// When the connection is synced where the provider does not report the end of the refresh: a webhook may come before.
const WITHOUT_A_JOB: SignedDuration = SignedDuration::from_secs(5);
/// The same where its job is followed, which a stop of the server ends.
const WITH_A_JOB: SignedDuration = SignedDuration::from_mins(2);
/// How often a job is polled, and how many times.
const EVERY: Duration = Duration::from_secs(2);
const TIMES: u32 = 60;

/// The outcome of requesting a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshing {
    /// The provider is looking; a run follows.
    Begun,
    /// The provider looks by its own schedule alone.
    NotOnDemand,
}

impl Flows {
    /// Has a connection's provider refresh from the bank, within its budget. The connection is synced once that is
    /// done.
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

    /// Asks the connection as soon as the provider is done. Without a permit the run that is due later does.
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

    /// Where the state of the job is unknown, it is polled again.
    async fn is_refreshed(&self, connector: &str, connection_id: &str, job: &str) -> bool {
        let calls = &self.services.calls;
        let Some(fetch) = calls.provider(connector).and_then(|provider| provider.fetch()) else { return true };
        let (Some(api), Ok(opened)) = (calls.api(connector), calls.open(connector, connection_id).await) else {
            return true;
        };
        in_time(fetch.is_refreshed(api, &opened.linked(), job)).await.unwrap_or(false)
    }
}
