//! Simulators with people on them.
//!
//! Owns which simulators run, whose connections they have with which history, and their activity. Must not know the
//! product that calls them, nor decide about changes.

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
