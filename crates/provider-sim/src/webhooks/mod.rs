//! Sending webhooks.
//!
//! Owns attempts, their schedule, and holding messages back. Must not know a provider's signature or bodies.

mod attempt;
mod message;
mod schedule;
mod sender;

pub use attempt::{Attempt, Outcome};
pub use message::Message;
pub use schedule::Schedule;
pub use sender::Webhooks;

pub(crate) use message::{Scheme, Signed};
