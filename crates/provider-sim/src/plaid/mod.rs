//! A simulated Plaid: API, Hosted Link and webhooks.
//!
//! Owns everything that is particular to Plaid. Must not know the product that calls it.
//!
//! ```text
//! Plaid (what its owner calls) ─▶ app (lock, sending) ─▶ state ─▶ bank, change_log, item, messages
//! routes (what HTTP calls) ──────▶ app                     keys (signatures)
//! ```
//!
//! What happens at a bank is told by the next update, as with the real one, which asks banks one to four times a day.

mod answers;
mod app;
mod change_log;
mod cursor;
mod error;
mod item;
mod keys;
mod messages;
mod options;
mod routes;
mod schedule;
mod session;
mod simulator;
mod state;

pub use change_log::{Row, Updated};
pub use options::PlaidOptions;
pub use simulator::{LinkedItem, Plaid};
