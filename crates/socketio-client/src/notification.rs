//! The client's notifications to its owner.
//!
//! Owns the status, the events and the acknowledgement ids. Must not know their origin: no frames, no timers.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::CloseReason;

/// A notification to the owner of a client.
#[derive(Clone, Debug)]
pub enum Notification {
    /// The state of the connection changed.
    Status(Status),
    /// The server sent an event.
    Event(Event),
    /// The server has stopped answering [probes](crate::Probe), or answers again. Nothing else is known of the
    /// connection, which stays [`Status::Live`] for now.
    Silent(bool),
    /// The server refused the namespace; `Status(Status::Refused)` follows.
    Refused {
        /// The reason, in the server's words.
        message: String,
    },
}

/// The state of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Not started.
    #[default]
    Idle,
    /// Opening the connection or waiting for the server to accept it.
    Connecting,
    /// The server has accepted the namespace; events flow.
    Live,
    /// Pausing before the next attempt.
    Waiting {
        /// The number of the next attempt; the first one after a loss is 1.
        attempt: u32,
        /// When it will be made, in milliseconds of the session's clock (in the browser: since 1970).
        retry_at_ms: u64,
        /// Why there is no connection.
        reason: CloseReason,
    },
    /// Closed on request, or by the server if the policy is not to reconnect.
    Closed,
    /// The server refused the namespace. No further attempt is made automatically.
    Refused,
}

/// An event from the server. Its arguments are JSON text, so that the caller decides how to read numbers.
#[derive(Clone, Debug)]
pub struct Event {
    /// The name of the event.
    pub name: String,
    /// The arguments after the name. A binary one is a placeholder object that names its index in `attachments`.
    pub args: Vec<Box<RawValue>>,
    /// The binary attachments, in order.
    pub attachments: Vec<Vec<u8>>,
    /// Set if the server requests an acknowledgement.
    pub ack: Option<AckId>,
}

impl Event {
    /// Reads one argument; `None` if there are fewer.
    pub fn arg<T: DeserializeOwned>(&self, index: usize) -> Option<Result<T, serde_json::Error>> {
        self.args.get(index).map(|raw| serde_json::from_str(raw.get()))
    }

    /// The JSON text of one argument.
    pub fn raw_arg(&self, index: usize) -> Option<&str> {
        self.args.get(index).map(|raw| raw.get())
    }
}

/// Identifies an event that the server wants acknowledged. Bound to its connection: the server restarts its ids on
/// each, so a late answer must not go out on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckId {
    pub(crate) generation: u64,
    pub(crate) id: u64,
}
