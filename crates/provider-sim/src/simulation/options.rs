//! The options of a simulation.
//!
//! Owns the options and their defaults. Must not start anything.

use std::time::Duration;

use super::provider::Provider;

/// The options of a simulation.
#[derive(Clone, Debug)]
pub struct SimulationOptions {
    /// Which simulators are started.
    pub providers: Vec<Provider>,
    /// The first simulator's port on the loopback address; each further one takes the next higher port. 0 takes any
    /// free ones.
    pub port: u16,
    /// The same seed gives the same ids, secrets and payments.
    pub seed: u64,
    /// The factor by which their clock is faster than the machine's.
    pub speed: u32,
    /// How far back the connections' transactions reach.
    pub before: Duration,
    /// The address that Basiq's consent page redirects to.
    pub redirect_url: String,
    /// Whether calls fail occasionally.
    pub has_faults: bool,
}

impl SimulationOptions {
    /// All simulators on free ports, at the normal speed and without faults, with two months of transactions.
    pub fn new(seed: u64) -> Self {
        Self {
            providers: Provider::ALL.to_vec(),
            port: 0,
            seed,
            speed: 1,
            before: Duration::from_secs(60 * 24 * 3600),
            redirect_url: "http://localhost:3003/api/connectors/basiq/callback".to_owned(),
            has_faults: false,
        }
    }
}
