//! The location of the data.
//!
//! Owns the formats of `DATABASE_URL`, `DATABASE_DIRECT_URL` and `REDIS_URL`. Must not open a database.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use redis::IntoConnectionInfo as _;
use sqlx::postgres::PgConnectOptions;

use super::Secret;
use super::reader::Reader;

/// The location of the data.
#[derive(Clone, Debug)]
pub enum DatabaseConfig {
    /// A temporary SQLite database, which is gone when the process ends.
    Temporary,
    /// `sqlite:…`: the file.
    Sqlite(PathBuf),
    /// `postgres://…`, which may contain a password.
    Postgres(Secret),
}

impl From<PathBuf> for DatabaseConfig {
    fn from(file: PathBuf) -> Self {
        Self::Sqlite(file)
    }
}

impl DatabaseConfig {
    /// The SQLite file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Temporary | Self::Postgres(_) => None,
        }
    }

    /// Reads `DATABASE_URL`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.source.get("DATABASE_URL").unwrap_or("sqlite:data/tallywire.db");
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(reader, url);
        }
        let Some(rest) = url.strip_prefix("sqlite:") else {
            reader.problem(
                "DATABASE_URL is not `sqlite:relative.db`, `sqlite:///absolute/path.db` or \
                 `postgres://user:password@host/database`",
            );
            return Self::Temporary;
        };
        match rest.strip_prefix("//").unwrap_or(rest) {
            "" => {
                reader.problem("DATABASE_URL names no file");
                Self::Temporary
            }
            ":memory:" => Self::Temporary,
            path => Self::Sqlite(PathBuf::from(path)),
        }
    }

    fn postgres(reader: &mut Reader<'_>, url: &str) -> Self {
        if let Some(options) = postgres_options(reader, "DATABASE_URL", url)
            && options.get_database().is_none_or(str::is_empty)
        {
            reader.problem("DATABASE_URL names no database: `postgres://user:password@host/database`");
        }
        Self::Postgres(Secret::new(url))
    }
}

/// Reads a PostgreSQL address.
fn postgres_options(reader: &mut Reader<'_>, name: &str, url: &str) -> Option<PgConnectOptions> {
    // After an unescaped `@` and `/`, the rest of a password is taken for the database.
    let is_cut_up = |options: &PgConnectOptions| options.get_database().is_some_and(|name| name.contains('@'));
    let options = PgConnectOptions::from_str(url).ok().filter(|options| !is_cut_up(options));
    if options.is_none() {
        // The driver's error text may quote the value, and so a password.
        reader.problem(format!(
            "{name} is not a PostgreSQL address, `postgres://user:password@host/database`: in a password, write / ? # @ : \
             and % as %2F and so on"
        ));
    }
    options
}

/// Reads `DATABASE_DIRECT_URL`.
pub(super) fn direct(reader: &mut Reader<'_>) -> Option<Secret> {
    let url = reader.source.get("DATABASE_DIRECT_URL")?;
    postgres_options(reader, "DATABASE_DIRECT_URL", url);
    Some(Secret::new(url))
}

/// Reads `REDIS_URL`.
pub(super) fn redis(reader: &mut Reader<'_>) -> Option<Secret> {
    let url = reader.source.get("REDIS_URL")?;
    if url.into_connection_info().is_err() {
        reader.problem("REDIS_URL is not a Redis address, `redis://user:password@host:6379` (`rediss://` with TLS)");
    }
    Some(Secret::new(url))
}
