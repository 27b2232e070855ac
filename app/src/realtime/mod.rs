//! A user's transactions as they happen: the hook and its parts.
//!
//! Owns the path from the socket's events to signals. Must not know how the data is shown.
//!
//! Pure, without I/O, signals or clocks:
//! * [`feed`] turns a snapshot and events into one ordered, complete list;
//! * [`event`] reads events from the wire;
//! * [`repair`] decides how a gap is filled;
//! * [`month`] detects the month rollover;
//! * [`status`] has the states and errors that a page shows, [`errors`] the current ones;
//! * [`auth_recovery`] decides what follows from a failed sign-in;
//! * `connection` is the state of the connection;
//! * `reload` schedules the requests of a reload;
//! * `core` owns these and decides: its input is what happens, its output are effects.
//!
//! With I/O:
//! * `controller` executes the effects;
//! * `signals`, `listeners` and `flush` bring them to the components, in batches;
//! * `fetch` loads over HTTP, `memory` uses the tab's storage, `link` is the Socket.IO connection;
//! * `hook`, `options` and `provider` are what a component uses.

pub mod auth_recovery;
mod connection;
mod controller;
mod core;
mod effect;
pub mod errors;
pub mod event;
pub mod feed;
mod fetch;
mod flush;
mod hook;
mod link;
mod listeners;
mod memory;
pub mod month;
mod options;
mod reload;
pub mod repair;
mod shared_controller;
mod signals;
pub mod status;

pub use hook::{UseRealtimeTransactionsReturn, use_realtime_transactions};
pub use options::UseRealtimeTransactionsOptions;
pub use shared_controller::provide_realtime;
pub use status::{ClientError, ConnectionStatus};
