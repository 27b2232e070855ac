//! The schema's versions.
//!
//! Owns migrating a database to the newest one. Must not know what the tables are for.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, SqlSafeStr as _};

use crate::store::{Error, Result};

/// The name and statements of each version, the first version first.
const MIGRATIONS: [(&str, &str); 6] = [
    ("core", include_str!("../../../migrations/postgres/0001_core.sql")),
    ("people and queues", include_str!("../../../migrations/postgres/0002_people_and_queues.sql")),
    ("leases", include_str!("../../../migrations/postgres/0003_leases.sql")),
    ("slots", include_str!("../../../migrations/postgres/0004_slots.sql")),
    ("rate limits", include_str!("../../../migrations/postgres/0005_rate_limits.sql")),
    ("followed connects", include_str!("../../../migrations/postgres/0006_followed_connects.sql")),
];

/// The oldest schema version that a release must know to use the database. A later release that removes something stores
/// its own version there. A release that only adds leaves it unchanged, so that nodes of earlier releases can continue and
/// restart.
const LEAST: &str = "SELECT value FROM meta WHERE name = 'least_schema'";

/// Migrates the schema to the newest version. Nodes that start at the same time wait for each other. It uses a separate
/// connection, because it may wait and work longer than a unit of work may.
pub(super) async fn migrate(options: &PgConnectOptions) -> Result<()> {
    let versions = (1..).zip(MIGRATIONS).map(|(version, (name, sql))| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(versions.collect());
    migrator.set_ignore_missing(true);
    let mut connection = options.connect().await?;
    // If this fails, closing the connection releases the lock.
    migrator.run_direct(None, &mut connection, false).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => error.into(),
        other => Error::Corrupt(format!("its schema cannot be brought up to date: {other}")),
    })?;
    check(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Fails if a later release has changed the schema so that this release cannot use it.
async fn check(connection: &mut PgConnection) -> Result<()> {
    let least: Option<String> = sqlx::query_scalar(LEAST).fetch_optional(connection).await?;
    match least.map(|least| least.parse::<usize>().map_err(|_| least)) {
        None => Ok(()),
        Some(Ok(least)) if least <= MIGRATIONS.len() => Ok(()),
        Some(least) => Err(Error::Corrupt(format!(
            "its schema is from a later release and requires version {} or later; this release knows version {}",
            least.map_or_else(|text| text, |number| number.to_string()),
            MIGRATIONS.len()
        ))),
    }
}
