//! Wake-ups between the nodes of one PostgreSQL database.
//!
//! Owns telling the other nodes which users' logs have advanced and which dashboard sessions have ended, and acting on
//! what they tell. Must not carry an event: the log is the only source of events, and a wake-up may be lost. In any
//! case each node polls the log every 10 s ([`jobs`](crate::jobs)), and every second while it receives no wake-ups.

mod advanced;
mod bus;
mod channel;
mod incoming;
mod message;
mod outgoing;
mod woken;

use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::config::Config;
use crate::store;
use advanced::Advanced;
use channel::Channel;
use outgoing::Signals;

pub use bus::NodesBus;
pub use outgoing::Outgoing;
pub use woken::Woken;

/// The wake-ups of this node, before they are started.
pub struct WakeUps {
    node: String,
    channel: Channel,
    signals: Signals,
}

impl WakeUps {
    /// The wake-ups of a configuration, and the handle for sending them. An SQLite store has only one node, which sends
    /// none.
    pub fn of(config: &Config) -> store::Result<(Option<Self>, Outgoing)> {
        // An invalid address is a problem of the configuration, which the caller has already checked.
        let channel = Channel::of(config).map_err(|error| store::Error::Unavailable(error.to_string()))?;
        let Some(channel) = channel else { return Ok((None, Outgoing::none())) };
        let (outgoing, signals) = Outgoing::new();
        Ok((Some(Self { node: Uuid::now_v7().to_string(), channel, signals }), outgoing))
    }

    /// Sends and receives until the task is aborted.
    pub fn start(self, woken: Woken) -> JoinHandle<()> {
        let Self { node, channel, signals } = self;
        tokio::spawn(async move {
            let sending = outgoing::run(signals, &node, &channel, &woken);
            let advanced = Advanced::default();
            let receiving = incoming::run(&channel, &node, &woken, &advanced);
            tokio::join!(sending, receiving, advanced.deliver(&woken.feed));
        })
    }
}
