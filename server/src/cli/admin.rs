//! `tallywire user …`, `token`, `connection add`, `backup`, `restore` and `new-epoch`.
//!
//! Owns these commands on the configured store. They may run while a server runs: the store serialises the writes. Must
//! not print a secret that was not requested.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use server::auth::password;
use server::auth::signer::TokenSigner;
use server::config::{Config, DatabaseConfig, LimitsConfig};
use server::database;
use server::ids;
use server::ingest::Ingest;
use server::limits::Limits;
use server::metrics::Metrics;
use server::store::postgres::PostgresStore;
use server::store::sqlite::SqliteStore;
use server::store::{Store, User};
use wire::api::ConnectionRequest;

use super::output::say;

/// Adds a local user.
pub(super) async fn add_user(
    config: Config,
    email: String,
    id: Option<String>,
    name: Option<String>,
) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    anyhow::ensure!(
        email.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty())
            && !email.contains(char::is_whitespace),
        "{email} is not an e-mail address"
    );
    id.as_deref().map_or(Ok(()), |id| named("the user's id", id))?;
    writeln!(std::io::stderr(), "Password (at least {} characters), then Enter:", password::SHORTEST)?;
    let mut typed = String::new();
    std::io::stdin().take(4096).read_line_of(&mut typed)?;
    let password_hash = password::hash(typed.trim_end_matches(['\r', '\n']).to_owned()).await?;
    let user_id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let display_name = name.unwrap_or_else(|| email.clone());
    let store = open(&config).await?;
    store.add_user(User { user_id: user_id.clone(), email, display_name, password_hash }, Timestamp::now()).await?;
    say!("{user_id}")?;
    Ok(())
}

/// Ends all dashboard sessions of a user.
pub(super) async fn sign_out(config: &Config, user_id: String) -> anyhow::Result<()> {
    say!("{} sessions ended", open(config).await?.delete_sessions(user_id).await?)?;
    Ok(())
}

/// Prints a token.
pub(super) fn print_token(config: &Config, user_id: &str, seconds: i64) -> anyhow::Result<()> {
    named("the user's id", user_id)?;
    say!("{}", token(config, user_id, seconds)?)?;
    Ok(())
}

/// A token for a user, as the host application would sign it.
pub(super) fn token(config: &Config, user_id: &str, seconds: i64) -> anyhow::Result<String> {
    let signer = TokenSigner::new(&config.auth).context("JWT_SECRET is not configured: tokens are signed elsewhere")?;
    Ok(signer.sign(user_id, Timestamp::now(), seconds)?)
}

/// Ids follow the same rule as over HTTP.
fn named(what: &str, id: &str) -> anyhow::Result<()> {
    ids::check(what, id).map_err(anyhow::Error::msg)
}

/// Copies the store into a new file, even while a server runs.
pub(super) fn backup(config: &Config, to: &Path) -> anyhow::Result<()> {
    let path = file(config)?;
    SqliteStore::copy(path, to)?;
    say!("{}", to.display())?;
    Ok(())
}

/// Replaces the store with a copy.
pub(super) fn restore(config: &Config, copy: &Path) -> anyhow::Result<()> {
    let path = file(config)?;
    let former = SqliteStore::restore(copy, path)?;
    say!("{}", path.display())?;
    if let Some(former) = former {
        say!("The previous database is now {}", former.display())?;
    }
    Ok(())
}

/// Begins a new epoch in a PostgreSQL database, even while servers run.
pub(super) async fn new_epoch(config: &Config) -> anyhow::Result<()> {
    let DatabaseConfig::Postgres(url) = &config.database else {
        anyhow::bail!(
            "the configured database is not in PostgreSQL: `tallywire restore` begins a new epoch in an SQLite file"
        );
    };
    say!("{}", PostgresStore::begin_epoch(url.expose()).await?)?;
    Ok(())
}

/// Registers a connection, and applies its waiting deliveries.
pub(super) async fn add_connection(
    config: Config,
    connector: &str,
    connection_id: String,
    user_id: String,
    institution_name: Option<String>,
) -> anyhow::Result<()> {
    named("the connection's id", &connection_id)?;
    named("the user's id", &user_id)?;
    let registry = Arc::new(config.registry());
    let ingest = Ingest::new(registry, open(&config).await?, unlimited(), Arc::default());
    let request = ConnectionRequest { user_id, institution_name, ..ConnectionRequest::default() };
    let (connection, is_new) = ingest.register(connector, connection_id, request, Timestamp::now()).await?;
    let verb = if is_new { "registered" } else { "updated" };
    say!("{verb}: {} {} of {}", connection.connector_id, connection.connection_id, connection.user_id)?;
    Ok(())
}

/// The command line has no rate limits.
pub(super) fn unlimited() -> Arc<Limits> {
    Arc::new(Limits::new(&LimitsConfig::default()))
}

/// The configured store. Its transactions are sent to the core app like the server's own.
pub(super) async fn open(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    anyhow::ensure!(!matches!(config.database, DatabaseConfig::Temporary), "the configured database is in memory");
    Ok(database::open(config, Box::new(|_| {}), &Metrics::default()).await?)
}

/// The SQLite file. PostgreSQL has its own backup tools.
fn file(config: &Config) -> anyhow::Result<&Path> {
    config.database.file().context("the configured database is not an SQLite file: PostgreSQL is copied with pg_dump")
}

trait ReadLine {
    fn read_line_of(self, line: &mut String) -> std::io::Result<()>;
}

impl<R: std::io::Read> ReadLine for R {
    /// Reads up to the end of the line or of the input.
    fn read_line_of(self, line: &mut String) -> std::io::Result<()> {
        std::io::BufRead::read_line(&mut std::io::BufReader::new(self), line).map(|_| ())
    }
}
