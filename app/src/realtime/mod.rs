//! A person's transactions as they happen: the hook and what it stands on.
//!
//! Owns the way from the socket's events to signals. Must not know how anything is shown.
//!
//! * [`feed`] turns a snapshot and events into one ordered, complete list: pure.
//! * [`event`] reads events from the wire: pure.
//! * [`repair`] decides how a gap is filled: pure.
//! * [`month`] tells when the totals are another month's: pure.
//! * [`status`] is what a person can be told about the connection: pure.
//! * [`admission`] decides what a sign-in that came to nothing leads to: pure.
//! * [`troubles`] keeps what is wrong apart, until it is right again: pure.
//! * `session` joins a feed with signals; one for each page, however many components use it.
//! * `showing` puts on the page what has come, and tells it.
//! * `incoming` takes in what the server says.
//! * `reload` fetches what was missed.
//! * `memory` keeps one number over a reload of the page.
//! * `socket` is the only file that names the Socket.IO client, and exists in the browser only.

pub mod admission;
pub mod event;
pub mod feed;
mod hook;
mod incoming;
#[cfg(not(target_arch = "wasm32"))]
mod inert;
mod memory;
pub mod month;
mod options;
mod provider;
mod reload;
pub mod repair;
mod session;
mod showing;
#[cfg(target_arch = "wasm32")]
mod socket;
pub mod status;
pub mod troubles;

pub use hook::{UseRealtimeTransactionsReturn, use_realtime_transactions};
pub use options::UseRealtimeTransactionsOptions;
pub use provider::provide_realtime;
pub use status::{ClientError, ConnectionStatus};

pub(crate) use link::sleep;

#[cfg(not(target_arch = "wasm32"))]
use inert as link;
#[cfg(target_arch = "wasm32")]
use socket as link;
