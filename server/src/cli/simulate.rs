//! `tallywire simulate`.
//!
//! Owns its arguments and its output. Must not know how a provider is simulated.

mod env_file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provider_sim::activity::Pace;
use provider_sim::simulation::{Linked, Person, Provider, Simulation, SimulationOptions};
use reqwest::Url;
use server::config::{random_bytes, random_secret};
use server::simulate::{registration, settings, webhook_address};

use super::output::say;
use super::serve::stop_signal;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// basiq, plaid, apideck [default: all of them]
    providers: Vec<Provider>,
    /// The port of the first simulator; the others use the ports after it [default: any free ports]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// The server that the webhooks are sent to
    #[arg(long, default_value = "http://127.0.0.1:3003", value_parser = server_url)]
    webhook_url: Url,
    /// Write the server's settings into this file
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// The number of users with a connection at each provider
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    connections: u32,
    /// How many transactions each connection has at the start, over two months
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    history: u32,
    /// Seconds between two simulated activities
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    every: Duration,
    /// How much faster the providers' clock runs than this machine's; applies to the pauses before a webhook is sent
    /// again and to the lifetime of tokens
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    speed: u32,
    /// The same number generates the same ids, secrets and payments [default: a different one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Make calls fail occasionally: slow and broken answers, 429, 503
    #[arg(long)]
    faults: bool,
}

/// Runs simulated providers until a stop signal arrives.
pub(super) async fn simulate(arguments: Arguments) -> anyhow::Result<()> {
    let server = arguments.webhook_url.as_str().trim_end_matches('/').to_owned();
    let mut providers = Vec::new();
    for provider in arguments.providers.iter().chain(&Provider::ALL) {
        let is_asked_for = arguments.providers.is_empty() || arguments.providers.contains(provider);
        if is_asked_for && !providers.contains(provider) {
            providers.push(*provider);
        }
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::Rng::new().u32(..).into());
    let options = SimulationOptions {
        providers: providers.clone(),
        port: arguments.port,
        speed: arguments.speed,
        redirect_url: format!("{server}/api/connectors/basiq/callback"),
        has_faults: arguments.faults,
        ..SimulationOptions::new(seed)
    };
    let person = |number: u32| Person::ordinary(format!("user-{number}"), &providers, arguments.history);
    let people: Vec<_> = (1..=arguments.connections).map(person).collect();
    let mut simulation = Simulation::start(options, &people).await?;
    tell(&simulation, &server, arguments.env.as_deref(), &arguments.webhook_url)?;
    say!("# Seed {seed}. Something happens every {:?}; Ctrl+C stops it.", arguments.every)?;
    simulation.subscribe(|provider| webhook_address(&server, provider));
    tokio::select! {
        () = stop_signal() => {}
        () = simulation.run(Pace::every(arguments.every)) => {}
    }
    for (provider, webhooks) in simulation.webhooks() {
        let (made, taken, given_up) = (webhooks.made(), webhooks.delivered(), webhooks.given_up());
        say!("# {provider}: {made} webhooks, {taken} accepted by the server, {given_up} given up")?;
    }
    Ok(())
}

/// Prints the server's settings, or writes them into a file.
fn tell(simulation: &Simulation, server: &str, file: Option<&Path>, url: &Url) -> anyhow::Result<()> {
    let settings = all_settings(simulation, url);
    let lines: String = settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    match file {
        Some(file) => {
            env_file::write(file, &lines).with_context(|| format!("{} cannot be written", file.display()))?;
            let shown = Path::new(".").join(file);
            say!("# The server, in another terminal:  set -a; . {}; set +a; tallywire serve", shown.display())?;
        }
        None => say!("# The server's settings:\n{lines}")?,
    }
    say!("# While the server runs, register each connection once:")?;
    simulation.linked().iter().try_for_each(|linked| say!("{}", call(server, linked)))?;
    Ok(())
}

/// The settings of the simulated providers, and those that a server needs to start.
fn all_settings(simulation: &Simulation, url: &Url) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("CONNECTORS_HOST", "127.0.0.1".to_owned()),
        ("CONNECTORS_PORT", url.port_or_known_default().unwrap_or(3003).to_string()),
        // Simulated transactions go into another database than real ones.
        ("DATABASE_URL", "sqlite:simulated.db".to_owned()),
        ("SECURE_COOKIES", "false".to_owned()),
        ("JWT_SECRET", random_secret()),
        ("SERVICE_SECRET", random_secret()),
        ("CREDENTIALS_KEY", STANDARD.encode(random_bytes())),
    ];
    all.extend(settings(simulation));
    all
}

/// The call that registers a connection, for a shell in which the settings are set.
fn call(server: &str, linked: &Linked) -> String {
    let (path, request) = registration(linked);
    let mut body = serde_json::to_value(&request).unwrap_or_default();
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
    }
    format!(
        r#"curl -sS -X PUT '{server}{path}' -H "x-service-secret: $SERVICE_SECRET" -H 'content-type: application/json' -d '{body}'"#
    )
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is not a number of seconds".to_owned())?;
    let is_pause = (0.01..=86_400.0).contains(&seconds);
    if is_pause { Ok(Duration::from_secs_f64(seconds)) } else { Err("it is not between 0.01 and 86400".to_owned()) }
}

/// The address of a server, without a path.
fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_server = ["http", "https"].contains(&url.scheme()) && url.path() == "/" && url.query().is_none();
    if is_server { Ok(url) } else { Err("it is not the address of a server, as http://127.0.0.1:3003".to_owned()) }
}
