//! A Socket.IO client: protocol 5 over Engine.IO 4, over a WebSocket.
//!
//! Every decision is made in [`session`], a state machine without I/O: its inputs are events with the time and a random
//! number, its outputs are actions. It is built on [`engine`] (frames, pings, limits), [`socket`] (namespace, events,
//! acknowledgements) and [`reconnect`] (pauses), and runs anywhere. On `wasm32` there is also `Client`, which drives a
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
//! Each attempt has a generation number, and reports of an older transport are ignored. Messages sent without a
//! connection wait in a bounded queue; when it is full, the sender gets an error. Payloads are JSON text: this crate
//! never picks a number type.
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
