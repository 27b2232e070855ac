//! A Socket.IO client: protocol 5 over Engine.IO 4, over a WebSocket.
//!
//! Everything that can be decided is decided in [`session`], a state machine without I/O: what
//! happened goes in with the time and a random number, what is to be done comes out. It stands on
//! [`engine`] (frames, pings, limits), [`socket`] (namespace, events, acknowledgements) and
//! [`reconnect`] (pauses), and runs anywhere. On `wasm32` there is `Client` as well, which drives a
//! session with the browser's WebSocket, clock and timers.
//!
//! ```text
//!            connect                 namespace joined
//!   Idle ──────────────► Connecting ─────────────────► Live
//!                         ▲      │                      │
//!        pause over,      │      │ failed, closed,      │ closed, silent,
//!        online again,    │      │ too slow, nonsense   │ offline, nonsense
//!        reconnect        │      ▼                      │ not ready, retry
//!                        Waiting ◄──────────────────────┘
//!
//!   any ── disconnect ──► Closed     any ── refused by the server ──► Refused
//!   Closed, Refused ── reconnect ──► Connecting
//! ```
//!
//! Each attempt has a generation number, and what a transport of an older one still says is not
//! listened to. What is sent without a connection waits for one in a queue with a bound; beyond it the
//! sender gets an error. Payloads are JSON text, never numbers of this crate's choosing.
#![warn(missing_docs)]
#![deny(unsafe_code)]

#[cfg(target_arch = "wasm32")]
mod client;
mod deadline;
#[cfg(target_arch = "wasm32")]
mod driver;
pub mod engine;
mod error;
mod notification;
mod options;
pub mod reconnect;
#[cfg(target_arch = "wasm32")]
mod runtime;
pub mod session;
pub mod socket;

#[cfg(target_arch = "wasm32")]
pub use client::{Client, WeakClient};
pub use deadline::Deadline;
pub use error::{CloseReason, Error};
pub use notification::{AckId, Event, Notification, Status};
pub use options::{Config, Options, Probe};
pub use serde_json::value::RawValue;
