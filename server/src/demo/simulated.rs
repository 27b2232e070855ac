//! The demo's simulated providers.
//!
//! Owns their start, the server's settings for them, and their activity. Must not register connections itself, nor
//! pass the server anything but its providers' calls.

use std::time::Duration;

use provider_sim::activity::Pace;
use provider_sim::bank::Unknown;
use provider_sim::simulation::{Simulation, SimulationOptions, StartError};

use super::banks;
use super::core_app::{CoreApp, Error};
use crate::config::{Config, random_bytes};
use crate::simulate::{settings, webhook_address};

/// The time between two runs of a connection: the default of the setting.
const RECONCILE: Duration = Duration::from_secs(3600);

/// Simulated providers with the demo's users. They run until this is dropped.
pub struct Demo {
    simulation: Simulation,
    /// A connection that is never registered: its deliveries are quarantined, for the administration page.
    stranger: provider_sim::bank::Connection,
}

impl Demo {
    /// Starts the simulators for a server that browsers reach at `url` (`http://localhost:3003`). The same `seed`
    /// generates the same payments.
    pub async fn start(url: &str, seed: u64) -> Result<Self, StartError> {
        let redirect_url = format!("{url}/api/connectors/basiq/callback");
        let options = SimulationOptions { redirect_url, ..SimulationOptions::new(seed) };
        let simulation = Simulation::start(options, &banks::people()).await?;
        let basiq = simulation.basiq().ok_or_else(|| Unknown("simulated Basiq".to_owned()))?;
        let stranger = basiq.add_user("somebody@example.com");
        let stranger = basiq.connect_at(&stranger, "Harbour Bank", vec![banks::of_a_stranger()])?;
        Ok(Self { simulation, stranger })
    }

    /// Sets the server's settings for the simulated providers.
    pub fn configure(&self, config: &mut Config) {
        for (name, value) in settings(&self.simulation) {
            config.connectors.set(name, [value]);
        }
        config.sync.every = Some(RECONCILE);
        config.sync.credential_keys = vec![random_bytes()];
    }

    /// Registers the connections and waits until each was synced. From then on webhooks are sent, among them one of an
    /// unregistered connection.
    pub async fn open(&self, core_app: &CoreApp) -> Result<(), Error> {
        core_app.remove_all().await?;
        self.simulation.subscribe(|provider| webhook_address(core_app.address(), provider));
        let linked = self.simulation.linked();
        for linked in linked {
            core_app.register(linked).await?;
        }
        core_app.runs_completed(u64::try_from(linked.len()).unwrap_or_default()).await?;
        if let (Some(basiq), Some(account)) = (self.simulation.basiq(), self.stranger.accounts.first()) {
            let _known = basiq.bank(|bank, now| bank.draw(account, now));
            let _known = basiq.refresh(&self.stranger.id);
        }
        Ok(())
    }

    /// The simulated providers.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Creates activity every few seconds, for ever: for one user after the other, so that no viewer waits long. Some
    /// transactions come in threes.
    pub async fn run(&mut self) {
        let (shortest, longest) = (Duration::from_millis(1_500), Duration::from_secs(4));
        self.simulation.run(Pace { shortest, longest, bursts: 6 }).await;
    }
}
