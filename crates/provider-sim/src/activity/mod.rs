//! What goes on at connections by itself.
//!
//! Owns what happens next, and in whose turn. Must not know who runs a simulator, or do anything that its owner could not do.

mod bookkeeping;
mod connections;
mod pace;
mod spending;

pub use pace::{Pace, run};

pub(crate) use bookkeeping::Bookkeeping;
pub(crate) use connections::{AtBasiq, AtPlaid};

/// Something on which things happen.
pub trait Activity: Send {
    /// The next thing happens, and is told by a webhook. Where its connection is gone nothing happens.
    fn step(&mut self);
}
