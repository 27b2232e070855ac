//! A simulated Plaid: API, Hosted Link and webhooks.
//!
//! Owns everything that is particular to Plaid. Must not know the product that calls it.
//!
//! ```text
//! Plaid (the owner's methods)  ─▶ app (lock, sending) ─▶ state ─▶ bank, change_log, item, messages
//! routes (HTTP calls) ───────────▶ app                     keys (signatures)
//! ```
//!
//! Changes at a bank are reported by the next update, as with the real Plaid, which reads banks one to four times a
//! day.

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
