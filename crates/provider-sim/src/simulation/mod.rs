//! Simulators with people on them.
//!
//! Owns which simulators run, whose connections they have with what history, and that things happen there by themselves.
//! Must not know the product that asks them, nor decide what happens.

mod linked;
mod options;
mod person;
mod provider;
mod start;

pub use linked::Linked;
pub use options::SimulationOptions;
pub use person::{Link, Person};
pub use provider::{NoSuchProvider, Provider};
pub use start::{Simulation, StartError};
