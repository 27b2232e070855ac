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
    /// The port of the first of them on the loopback address, that of the next being one higher; 0 is any that is free.
    pub port: u16,
    /// The same seed gives the same ids, secrets and payments.
    pub seed: u64,
    /// How many times as fast as the machine's their clock runs.
    pub speed: u32,
    /// How far back the connections' transactions reach.
    pub before: Duration,
    /// Where Basiq's consent page returns to.
    pub redirect_url: String,
    /// Whether calls fail now and then.
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
