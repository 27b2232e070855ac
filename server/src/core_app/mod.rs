//! Outgoing calls to the core app, which receives every stored transaction.
//!
//! Owns the order (each user's calls one after the other, users concurrently), the retries, and the meaning of a
//! response. Must not delay a webhook or a user's event: calls are read from the outbox, after the commit.

mod call;
mod circuit_breaker;
mod outcome;
mod payload;
mod sender;
mod turn;
mod worker;

pub use call::Call;
pub use circuit_breaker::CircuitBreaker;
pub use outcome::Outcome;
pub use sender::{Error, Sender};
pub use turn::{RetryPolicy, Transport};
pub use worker::{Signals, Worker};
