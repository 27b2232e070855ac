//! Receiving wake-ups.
//!
//! Owns the listening connection: it is reopened when it is lost, even silently, and what may have been missed
//! meanwhile is looked up. Must not deliver an event: subscribers catch up from the log.

use std::time::Duration;

use super::advanced::Advanced;
use super::channel::{Channel, Error};
use super::message::Message;
use super::woken::Woken;
use crate::feed;

/// How long a channel may be silent before a probe tests whether it still carries messages.
const SILENCE: Duration = Duration::from_secs(4);
/// The pause before a lost connection is reopened.
const PAUSE: Duration = Duration::from_secs(1);
/// The probe, which every node ignores.
const PROBE: &str = "";

/// Listens until the task is aborted. While it cannot listen, it polls the logs, so that events are late by about a
/// second and not by the ten seconds of regular polling.
pub(super) async fn run(channel: &Channel, node: &str, woken: &Woken, advanced: &Advanced) {
    let mut is_known = false;
    loop {
        match listen(channel, node, (woken, advanced), &mut is_known).await {
            Err(error) if !is_known => {
                tracing::warn!(%error, "wake-ups from other nodes cannot be received: events are polled every second");
                is_known = true;
            }
            Err(error) => tracing::debug!(%error, "wake-ups from other nodes still cannot be received"),
            Ok(()) => {}
        }
        tokio::time::sleep(PAUSE).await;
        look_up(woken).await;
    }
}

/// Listens until the connection is lost. `was_lost`: whether the operator has been told that it was lost.
async fn listen(
    channel: &Channel,
    node: &str,
    (woken, advanced): (&Woken, &Advanced),
    was_lost: &mut bool,
) -> Result<(), Error> {
    let mut listener = channel.listen().await?;
    if std::mem::take(was_lost) {
        tracing::info!("wake-ups from other nodes are received again");
    }
    // Messages sent before are lost.
    look_up(woken).await;
    let mut probed = false;
    loop {
        match tokio::time::timeout(SILENCE, listener.receive()).await {
            Ok(received) => {
                let Some(message) = received? else {
                    tracing::info!("the connection that receives wake-ups was lost");
                    return Ok(());
                };
                probed = false;
                act(&message, node, (woken, advanced));
            }
            Err(_) if probed => {
                tracing::warn!("the connection that receives wake-ups is silent");
                return Ok(());
            }
            Err(_) => {
                channel.send(PROBE).await?;
                probed = true;
            }
        }
    }
}

async fn look_up(woken: &Woken) {
    if let Err(error) = feed::deliver_external_events(&woken.feed).await {
        tracing::debug!(%error, "events from other nodes could not be looked up");
    }
    woken.outbox.notify_one();
    woken.syncs.notify_one();
}

fn act(payload: &str, node: &str, (woken, advanced): (&Woken, &Advanced)) {
    if payload == PROBE {
        return;
    }
    let Ok(message) = serde_json::from_str::<Message<'_>>(payload) else {
        // It may come from another release.
        tracing::debug!("a wake-up could not be read");
        return;
    };
    if message.node == node || message.epoch != *woken.store.epoch() {
        return;
    }
    woken.metrics.woke("received");
    for (user_id, seq) in &message.users {
        advanced.insert(user_id, *seq);
    }
    if !message.users.is_empty() {
        woken.outbox.notify_one();
    }
    for session in message.ended_sessions() {
        woken.feed.session_has_ended(session);
    }
    if message.syncs {
        woken.syncs.notify_one();
    }
}
