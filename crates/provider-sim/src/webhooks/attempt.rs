//! An attempt to deliver a message.
//!
//! Owns its type. Must not send.

use jiff::Timestamp;

/// A completed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The message's id.
    pub message: String,
    /// The event's name.
    pub event: String,
    /// Its number, from 1 on.
    pub number: usize,
    /// When it was made, in simulated time.
    pub at: Timestamp,
    /// How long its answer took, in milliseconds of the machine's clock.
    pub millis: u64,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered with this status.
    Answered(u16),
    /// There was no answer, or none in time.
    Failed(String),
}
