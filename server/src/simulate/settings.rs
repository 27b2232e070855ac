//! The settings of a server that fetches from simulated providers.
//!
//! Owns their names. Must not set them.

use provider_sim::simulation::Simulation;

/// Names and values, for the running simulators.
pub fn settings(simulation: &Simulation) -> Vec<(&'static str, String)> {
    let mut settings = vec![];
    if let Some(basiq) = simulation.basiq() {
        settings.push(("BASIQ_API_URL", basiq.url()));
        settings.push(("BASIQ_API_KEY", basiq.api_key().to_owned()));
        settings.push(("BASIQ_WEBHOOK_SECRET", simulation.webhook_secret().to_owned()));
    }
    if let Some(plaid) = simulation.plaid() {
        let (client_id, secret) = plaid.client();
        settings.push(("PLAID_API_URL", plaid.url()));
        settings.push(("PLAID_CLIENT_ID", client_id.to_owned()));
        settings.push(("PLAID_SECRET", secret.to_owned()));
    }
    if let Some(apideck) = simulation.apideck() {
        let (api_key, app_id) = apideck.application();
        settings.push(("APIDECK_API_URL", apideck.url()));
        settings.push(("APIDECK_API_KEY", api_key.to_owned()));
        settings.push(("APIDECK_APP_ID", app_id.to_owned()));
        // Apideck signs with the API key.
        settings.push(("APIDECK_WEBHOOK_SECRET", api_key.to_owned()));
    }
    settings
}
