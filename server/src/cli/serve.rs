//! `tallywire serve` and `tallywire demo`.
//!
//! Owns listening, stopping at a signal, and the message at the start. Must not build the server: `startup` does.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use server::clock;
use server::config::{Config, Source};
use server::demo::Simulator;
use server::metrics::Metrics;
use server::net::descriptors;
use server::startup::Server;
use server::tasks;
use server::telemetry;
use tokio::net::TcpListener;

use super::output::say;

/// How long the simulated providers pause after an error.
const SIMULATOR_PAUSE: Duration = Duration::from_secs(5);

/// Serves a configuration until a signal to stop.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    prepare(config.log_json);
    config.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
    let (server, listener) = open(config).await?;
    let port = listener.local_addr()?.port();
    say!("\n  Tallywire is ready:  http://localhost:{port}\n")
        .unwrap_or_else(|error| tracing::debug!(%error, "standard output is closed"));
    server.run(listener, stop_signal()).await;
    Ok(())
}

/// Serves the demo until a signal to stop.
pub(super) async fn demo(source: &Source) -> anyhow::Result<()> {
    let secrets = source.configured_secrets();
    anyhow::ensure!(
        secrets.is_empty(),
        "the demo does not start where secrets are configured ({}): use `tallywire serve`",
        secrets.join(", ")
    );
    let port = match source.get("CONNECTORS_PORT") {
        Some(port) => port.parse().context("CONNECTORS_PORT is not a port number")?,
        None => 3003,
    };
    prepare(source.get("LOG_FORMAT") == Some("json"));
    let config = Config::demo(port, source.get("TALLYWIRE_SITE").map(Into::into));
    let service_secret = config.auth.service_secrets[0].clone();
    let registry = connectors::Registry::new(&config.connectors);
    let (server, listener) = open(config).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let metrics = Arc::clone(&server.state().metrics);
    let serving = tokio::spawn(server.run(listener, stop_signal()));
    let mut simulator = Simulator::new(address, registry, service_secret, u64::from(std::process::id()));
    simulator.seed(Timestamp::now()).await?;
    say!(
        "\n  Tallywire demo:  http://localhost:{port}\n\n  Invented people and simulated banks; the data is gone when it stops (Ctrl+C).\n"
    )?;
    tokio::select! {
        outcome = serving => outcome?,
        () = simulate(simulator, &metrics) => {}
    }
    Ok(())
}

/// Runs the simulated providers for ever: one refused payment does not end the demo.
async fn simulate(mut simulator: Simulator, metrics: &Metrics) {
    loop {
        if let Ok(Err(error)) = tasks::catch_panic("simulator", metrics, simulator.run()).await {
            tracing::warn!(%error, "the simulated providers pause");
        }
        tokio::time::sleep(SIMULATOR_PAUSE).await;
    }
}

/// Starts the log, and raises the limit of open files as far as the machine allows.
fn prepare(log_json: bool) {
    tokio::spawn(telemetry::start_log(log_json).report());
    let limit = descriptors::raise_limit();
    if limit < descriptors::FEW {
        tracing::warn!(
            limit,
            "few open files are allowed: raise the limit (ulimit -n, LimitNOFILE) to serve more than half as many connections from one address"
        );
    }
}

async fn open(config: Config) -> anyhow::Result<(Server, TcpListener)> {
    let address = config.http.listen;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let server = Server::build(config, clock::system()).await.context("cannot open the store")?;
    Ok((server, listener))
}

/// Ctrl+C, or the signal that service managers send.
pub(super) async fn stop_signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
