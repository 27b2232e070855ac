//! A new epoch of the store while clients are connected.
//!
//! Owns that every subscriber of this node is told soon, without one query per subscriber. Must not detect the new
//! epoch: the store does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::catch_up;
use super::hub::Hub;
use crate::store::{Epoch, EventLog, Result};

/// How many users one query looks up.
const USERS: usize = 500;
/// The pause if the store does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells subscribers of each new epoch for as long as the store is open.
pub(super) async fn run(store: Arc<dyn EventLog>, hub: Arc<Hub>) {
    let mut changes: watch::Receiver<Epoch> = store.epoch_changes();
    while changes.changed().await.is_ok() {
        changes.borrow_and_update();
        while let Err(error) = tell(&store, &hub).await {
            tracing::warn!(%error, "subscribers cannot be told of the new epoch yet");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn tell(store: &Arc<dyn EventLog>, hub: &Arc<Hub>) -> Result<()> {
    for users in hub.users_before(&store.epoch()).chunks(USERS) {
        let ends = store.log_ends_of(users.to_vec()).await?;
        for (user_id, ends) in users.iter().zip(&ends) {
            catch_up::replace(store, hub, user_id, ends);
        }
    }
    Ok(())
}
