//! The core app: every stored transaction is sent to it as well.
//!
//! Owns the order (each user's in turn, users beside one another), the pauses, and what an answer
//! means. Must not delay a webhook or a user's event: it works from the outbox, after the commit.

mod body;
mod breaker;
mod sender;
mod worker;

pub use breaker::Breaker;
pub use sender::{CoreApp, Outcome};
pub use worker::{Retries, Signals, Worker};
