//! Scheduled activity at connections.
//!
//! Owns the next change, and whose turn it is. Must not know who runs a simulator, or do anything that its owner could
//! not do.

mod bookkeeping;
mod connections;
mod pace;
mod spending;

pub use pace::{Pace, run};

pub(crate) use bookkeeping::Bookkeeping;
pub(crate) use connections::{AtBasiq, AtPlaid};

/// Something on which things happen.
pub trait Activity: Send {
    /// Makes the next change, which a webhook reports. Where its connection is gone nothing happens.
    fn step(&mut self);
}
