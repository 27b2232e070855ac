//! `tallywire serve` and `tallywire demo`.
//!
//! Owns listening, stopping at a signal, and what a person is told at the start. Must not build the
//! server: `startup` does.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use jiff::Timestamp;
use server::clock;
use server::config::{Config, Source};
use server::demo::Simulator;
use server::startup::Server;
use tokio::net::TcpListener;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Serves a configuration until it is told to stop.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    start_log(config.log_json);
    config.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
    let (server, listener) = open(config).await?;
    let port = listener.local_addr()?.port();
    println!("\n  Tallywire is ready:  http://localhost:{port}\n");
    server.run(listener, stop_signal()).await;
    Ok(())
}

/// Serves the demo until it is told to stop.
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
    start_log(source.get("LOG_FORMAT") == Some("json"));
    let config = Config::demo(port, source.get("TALLYWIRE_SITE").map(Into::into));
    let service_secret = config.auth.service_secrets[0].clone();
    let registry = connectors::Registry::new(&config.connectors);
    let (server, listener) = open(config).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let serving = tokio::spawn(server.run(listener, stop_signal()));
    let mut simulator = Simulator::new(address, registry, service_secret, u64::from(std::process::id()));
    simulator.seed(Timestamp::now()).await?;
    println!(
        "\n  Tallywire demo:  http://localhost:{port}\n\n  Invented people and simulated banks; the data is gone when it stops (Ctrl+C).\n"
    );
    tokio::select! {
        outcome = serving => outcome?,
        outcome = simulator.run() => outcome?,
    }
    Ok(())
}

async fn open(config: Config) -> anyhow::Result<(Server, TcpListener)> {
    let address = config.http.listen;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let server = Server::build(config, clock::system()).await.context("cannot open the store")?;
    Ok((server, listener))
}

/// What these log below a warning is what clients send, tokens and all: whatever RUST_LOG says, they do not.
const TELL_SECRETS: [&str; 4] = ["socketioxide", "engineioxide", "tungstenite", "tokio_tungstenite"];

fn start_log(json: bool) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = asked.and(filter_fn(|of| *of.level() <= Level::WARN || !tells_secrets(of.target())));
    let log = tracing_subscriber::fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    if json {
        tracing_subscriber::registry().with(log.json().with_filter(filter)).init();
    } else {
        tracing_subscriber::registry().with(log.with_filter(filter)).init();
    }
}

fn tells_secrets(target: &str) -> bool {
    TELL_SECRETS.contains(&target.split("::").next().unwrap_or_default())
}

/// Ctrl+C, or the signal that service managers send.
async fn stop_signal() {
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
