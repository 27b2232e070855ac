//! `tallywire serve`.
//!
//! Owns listening, stopping at a signal, and the startup message. Must not build the server: `startup` does.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use server::clock;
use server::config::{Config, DatabaseConfig};
use server::net::{descriptors, listener};
use server::startup::Server;
use server::store;
use server::store::postgres::place_of;
use server::store::sqlite::ServerLock;
use server::telemetry;
use tokio::net::TcpListener;

use super::output::say;

/// How long a starting server waits for another one on the same database file to end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it tries the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// Serves a configuration until a stop signal arrives.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    prepare(config.log_json);
    config.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
    let (database, redis) = (database_place(&config.database), config.redis.is_some());
    let (server, listener, _lock) = open(config).await?;
    let address = listener.local_addr()?;
    let port = address.port();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, database, redis, "the server has started");
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

async fn open(config: Config) -> anyhow::Result<(Server, TcpListener, Option<ServerLock>)> {
    let address = config.http.listen;
    let listener =
        listener::listen(address, descriptors::capacity()).with_context(|| format!("cannot listen on {address}"))?;
    let lock = lock(&config.database).await?;
    let server = Server::build(config, clock::system()).await.context("cannot open the store")?;
    Ok((server, listener, lock))
}

/// Where the data is, without a password.
fn database_place(database: &DatabaseConfig) -> String {
    match database {
        DatabaseConfig::Temporary => "temporary".to_owned(),
        DatabaseConfig::Sqlite(path) => path.display().to_string(),
        DatabaseConfig::Postgres(url) => place_of(url.expose()),
    }
}

/// Locks a database file for this server. Waits for a former server that is stopping.
async fn lock(database: &DatabaseConfig) -> anyhow::Result<Option<ServerLock>> {
    let DatabaseConfig::Sqlite(path) = database else { return Ok(None) };
    let begun = Instant::now();
    loop {
        match ServerLock::take(path) {
            Err(store::Error::Conflict(_)) if begun.elapsed() < LOCK_TIMEOUT => tokio::time::sleep(LOCK_PAUSE).await,
            taken => return taken.with_context(|| format!("cannot use {}", path.display())),
        }
    }
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
