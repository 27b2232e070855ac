//! The session's inputs and outputs.
//!
//! Owns the vocabulary between the state machine and its driver. Must not decide anything.

use serde_json::value::RawValue;

use crate::engine::TransportEvent;
use crate::{Error, Notification};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect now, from any state, with the pauses starting over. Nothing happens if a connection exists or is being
    /// opened.
    Connect,
    /// Close, and stay closed.
    Disconnect,
    /// The connection serves its purpose.
    Ready,
    /// The connection does not serve its purpose: drop it, and try again after a pause. Nothing happens if there is
    /// none.
    Retry {
        /// The minimum pause, in milliseconds; by default as after any loss.
        after_ms: Option<u32>,
    },
    /// The browser says that there is a network again.
    Online,
    /// The browser says that there is no network.
    Offline,
    /// Whether the page is visible.
    Visible(bool),
    /// The answer to [`Output::AskAuth`]: the connect payload as JSON text.
    Auth {
        /// The generation it was requested for.
        generation: u64,
        /// The payload, if any.
        payload: Option<String>,
    },
    /// A report of a transport.
    Transport {
        /// The generation it was opened for.
        generation: u64,
        /// The report.
        event: TransportEvent,
    },
    /// Time has passed.
    Tick,
}

/// An action for the driver.
#[derive(Clone, Debug)]
pub enum Output {
    /// Open a transport; its reports carry this generation.
    OpenTransport {
        /// The number of the attempt; reports of older ones are ignored.
        generation: u64,
        /// The address.
        url: String,
    },
    /// Ask the application for the connect payload and hand in [`Input::Auth`].
    AskAuth {
        /// The generation for the answer.
        generation: u64,
    },
    /// Send a text frame over the open transport.
    SendText(String),
    /// Close the transport, if there still is one.
    CloseTransport,
    /// Notify the owner.
    Notify(Notification),
    /// An event sent with an acknowledgement has its answer.
    Acknowledged {
        /// The id `emit` returned.
        id: u64,
        /// The arguments of the answer.
        result: Result<Vec<Box<RawValue>>, Error>,
    },
}
