//! `tallywire serve`.
//!
//! Owns listening, stopping at a signal, and the startup message. Must not build the server: `startup` does.

use anyhow::Context as _;
use server::clock;
use server::config::Config;
use server::net::{descriptors, listener};
use server::startup::Server;
use server::telemetry;
use tokio::net::TcpListener;

use super::output::say;

/// Serves a configuration until a stop signal arrives.
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

/// Starts the log, and raises the open-file limit as far as the machine allows.
pub(super) fn prepare(log_json: bool) {
    tokio::spawn(telemetry::start_log(log_json).report());
    let limit = descriptors::raise_limit();
    if limit < descriptors::FEW {
        tracing::warn!(
            limit,
            "the limit of open files is low, and one address may use only half of it: raise it (ulimit -n, LimitNOFILE)"
        );
    }
}

async fn open(config: Config) -> anyhow::Result<(Server, TcpListener)> {
    let address = config.http.listen;
    let listener =
        listener::listen(address, descriptors::capacity()).with_context(|| format!("cannot listen on {address}"))?;
    let server = Server::build(config, clock::system()).await.context("cannot open the store")?;
    Ok((server, listener))
}

/// Waits for Ctrl+C, or for the signal that service managers send.
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
