//! The store for several nodes: PostgreSQL 15 and later.
//!
//! Owns opening the store. Must not know what the tables mean: each sibling module owns its own. No data of the database is
//! cached in the process, because other nodes write to it too.

mod accounts;
mod apply;
mod arrivals;
mod batch;
mod batches;
mod columns;
mod connection_row;
mod connections;
mod connects;
mod dead_letters;
mod deliveries;
mod delivery_queue;
mod epoch;
mod event_log;
mod history;
mod identity;
pub(super) mod import;
mod inbox;
mod kept;
mod leases;
mod lent;
mod listed_connections;
mod load;
mod locks;
mod mover;
mod moves;
mod numbers;
mod outbox;
mod own_connection;
mod owners;
mod place;
mod plan;
mod pool;
mod provider_keys;
mod rate_limits;
mod readers;
mod refreshes;
mod row;
mod schema;
mod slots;
mod sync_end;
mod sync_page;
mod syncs;
mod tombstones;
mod traits;
mod transactions;
mod unit;
mod user_changes;
mod users;
mod written_accounts;
mod written_rows;

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{CommitSink, Lease, Result};
use crate::metrics::Commits;
use batches::Batches;
use history::History;
use mover::Mover;
use own_connection::OwnConnection;
pub use place::place_of;
use pool::{Address, Pool};
use readers::Readers;
use unit::Units;

/// A store in a PostgreSQL database, which several nodes may share.
pub struct PostgresStore {
    /// For short reads.
    pool: Pool,
    units: Units,
    batches: Arc<Batches>,
    mover: Arc<Mover>,
    readers: Arc<Readers>,
    slots: Arc<OwnConnection>,
}

impl PostgresStore {
    /// Connects to the database at a `postgres://` address and brings its schema up to date. Every commit's events go to
    /// `sink`.
    pub async fn open(url: &str, sink: CommitSink) -> Result<Self> {
        let address = Address::direct(url)?;
        let opened = async {
            schema::migrate(address.options()).await?;
            Self::connect(&address, &address, sink).await
        };
        opened.await.map_err(|error| place::at(address.options(), error))
    }

    /// The same through a pooler in transaction mode, such as PgBouncer. Migrations, slots and epoch lookups use the direct
    /// address of the same database, because they need session state.
    pub async fn open_through(pooler: &str, direct: &str, sink: CommitSink) -> Result<Self> {
        let (direct, pooler) = (Address::direct(direct)?, Address::pooler(pooler)?);
        let migrated = schema::migrate(direct.options()).await;
        migrated.map_err(|error| place::at(direct.options(), error))?;
        let connected = Self::connect(&pooler, &direct, sink).await;
        connected.map_err(|error| place::at(pooler.options(), error))
    }

    async fn connect(address: &Address, direct: &Address, sink: CommitSink) -> Result<Self> {
        let history = Arc::<History>::default();
        let readers = Arc::new(Readers::connect(address, direct, &history).await?);
        let slots = OwnConnection::new(direct.options().clone().application_name("tallywire slots"), slots::SETTINGS);
        let pool = Pool::for_units(address, direct, &history).await?;
        let units = Units::new(pool.clone(), history, sink);
        let (batches, mover) = (Arc::new(Batches::new(units.clone())), Arc::new(Mover::new(units.clone())));
        Ok(Self { pool, units, batches, mover, readers, slots: Arc::new(slots) })
    }

    /// Begins a new epoch in the database at an address, because the end of its log may be lost: clients reload everything.
    /// Returns its name. Nodes may be running; they notice within 10 s.
    pub async fn begin_epoch(url: &str) -> Result<String> {
        let options = pool::options(url)?;
        schema::migrate(&options).await.map_err(|error| place::at(&options, error))?;
        let mut connection = options.connect().await?;
        let epoch = epoch::begin(&mut connection).await?;
        connection.close().await?;
        Ok(epoch)
    }

    /// Also queues every stored transaction in the outbox.
    #[must_use]
    pub fn forwarding(self, forward: bool) -> Self {
        self.units.shared.set_forwards(forward);
        self
    }

    /// Deletes a connection's transactions when its consent is withdrawn.
    #[must_use]
    pub fn purging_revoked(self, purge: bool) -> Self {
        self.units.shared.set_purges_revoked(purge);
        self
    }

    /// Counts its commits.
    #[must_use]
    pub fn counting(self, commits: Commits) -> Self {
        self.units.count(commits);
        self
    }

    /// The same store with its units of work under a lease.
    fn under_lease(&self, lease: Lease) -> Self {
        let (batches, mover) = (Arc::clone(&self.batches), Arc::clone(&self.mover));
        let (readers, slots) = (Arc::clone(&self.readers), Arc::clone(&self.slots));
        Self { pool: self.pool.clone(), units: self.units.under(lease), batches, mover, readers, slots }
    }

    /// For [`unit::in_unit`].
    fn units(&self) -> &Units {
        &self.units
    }

    /// Starts moving or purging, in the background and in small units of work, what units of work have left.
    fn move_what_is_left(&self, now: Timestamp) {
        self.mover.start_if_needed(now);
    }
}
