//! What goes into the session and what comes out.
//!
//! Owns the vocabulary between the state machine and whatever drives it. Must not decide anything.

use serde_json::value::RawValue;

use crate::engine::TransportEvent;
use crate::{Error, Notification};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect now, from whatever state, with the pauses starting over. Nothing if a connection is
    /// there or on its way.
    Connect,
    /// Close, and stay closed.
    Disconnect,
    /// The connection serves its purpose.
    Ready,
    /// The connection does not serve its purpose: drop it, and try again after a pause. Nothing where
    /// there is none.
    Retry {
        /// At least how long the pause is, in milliseconds; by default as after any loss.
        after_ms: Option<u32>,
    },
    /// The browser says there is a network again.
    Online,
    /// The browser says there is no network.
    Offline,
    /// Whether the page is visible.
    Visible(bool),
    /// The answer to [`Output::AskAuth`]: the connect payload as JSON text.
    Auth {
        /// The generation it was requested for.
        generation: u64,
        /// The payload, if there is one.
        payload: Option<String>,
    },
    /// A transport said something.
    Transport {
        /// The generation it was opened for.
        generation: u64,
        /// What it said.
        event: TransportEvent,
    },
    /// Time has passed.
    Tick,
}

/// Something to be done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Open a transport; what it says is to be handed in under this generation.
    OpenTransport {
        /// The number of the attempt; older ones are not listened to.
        generation: u64,
        /// The address.
        url: String,
    },
    /// Ask the application for the connect payload and hand in [`Input::Auth`].
    AskAuth {
        /// To be named in the answer.
        generation: u64,
    },
    /// Send a text frame over the open transport.
    SendText(String),
    /// Close the transport, if there is one still.
    CloseTransport,
    /// Tell the owner.
    Notify(Notification),
    /// An event sent with an acknowledgement has its answer.
    Acknowledged {
        /// The id `emit` returned.
        id: u64,
        /// The arguments of the answer.
        result: Result<Vec<Box<RawValue>>, Error>,
    },
}
