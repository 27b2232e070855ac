//! Simulators with people.
//!
//! Owns which simulators run, the people's connections and their history, and their activity. Must not know the product
//! that calls them, nor decide about changes.

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
