//! Scheduled activity at connections.
//!
//! Owns the next change, and which connection makes it. Must not know who runs a simulator, or do anything that its
//! owner could not do.

mod bookkeeping;
mod connections;
mod pace;
mod spending;

pub use pace::{Pace, run};

pub(crate) use bookkeeping::Bookkeeping;
pub(crate) use connections::{AtBasiq, AtPlaid};

/// A source of changes.
pub trait Activity: Send {
    /// Makes the next change, which a webhook reports. Does nothing if its connection is gone.
    fn step(&mut self);
}
