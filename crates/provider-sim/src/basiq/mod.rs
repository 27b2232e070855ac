//! A simulated Basiq: API, consent page and webhooks.
//!
//! Owns everything that is particular to Basiq. Must not know the product that calls it.
//!
//! ```text
//! Basiq (the owner's methods)  ─▶ app (lock, sending) ─▶ state ─▶ bank, row, job, event, token, paging
//! routes (HTTP calls) ───────────▶ app
//! ```
//!
//! Changes at a bank are reported by the next refresh, as with the real Basiq: a purchase appears after `refresh`,
//! which gives every pending transaction a new id.

mod answers;
mod app;
mod error;
mod event;
mod filter;
mod institutions;
mod job;
mod options;
mod paging;
mod routes;
mod row;
mod signing;
mod simulator;
mod state;
mod token;
mod user;

pub use options::BasiqOptions;
pub use row::{Balances, Refreshed, Row};
pub use simulator::Basiq;
