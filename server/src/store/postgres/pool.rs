//! The connections to the database.
//!
//! Owns their number and settings, that no connection to a standby or a former epoch is used, and the differences if a
//! pooler shares PostgreSQL's connections among transactions. Must not know what is read or written over them.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgPool};
use tokio::time::timeout;

use super::epoch;
use super::history::History;
use super::lent::Lent;
use crate::store::{Error, Result};

/// The maximum number of connections of a node for units of work and short reads.
const UNITS: u32 = 16;
/// The maximum number for users' queries.
const QUESTIONS: u32 = 8;
/// How long a caller waits for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// A connection that was idle for longer is pinged first: the server may have closed it.
const UNUSED: Duration = Duration::from_secs(2);
/// How long the server may take to answer a ping, or to begin a transaction.
const PING_LIMIT: Duration = Duration::from_secs(3);
/// The number of prepared statements that a connection caches: more than there are.
const STATEMENTS: usize = 500;

/// Settings for units of work. A node that hangs during one must not hold its locks forever, and nobody waits longer for a
/// lock than a webhook's sender waits for its answer. Everything that units of work read is found by an index, and plans
/// must not change with the statistics: a plan made while a table is small scans the whole table for as long as the plan is
/// cached, and a plan for one value always seems cheaper than one for an array of any length.
macro_rules! of_units {
    ($set:literal) => {
        concat!(
            $set,
            " idle_in_transaction_session_timeout = '30s'; ",
            $set,
            " statement_timeout = '30s'; ",
            $set,
            " lock_timeout = '8s'; ",
            $set,
            " synchronous_commit = 'on'; ",
            $set,
            " plan_cache_mode = 'force_generic_plan'; ",
            $set,
            " enable_seqscan = 'off'; ",
            $set,
            " enable_hashjoin = 'off'; ",
            $set,
            " enable_mergejoin = 'off'; ",
            $set,
            " jit = 'off'"
        )
    };
}

/// Settings for users' queries, which are cancelled after a while.
macro_rules! of_questions {
    ($set:literal) => {
        concat!($set, " idle_in_transaction_session_timeout = '30s'; ", $set, " statement_timeout = '5s'")
    };
}

/// What connections are used for.
#[derive(Clone, Copy)]
struct Purpose {
    size: u32,
    /// The settings of a direct connection, made once.
    settings: &'static str,
    /// How a transaction begins on a shared connection: it applies its settings and discards prepared statements that
    /// another transaction has left there under the same names.
    begin: &'static str,
    /// The same for a transaction that only reads.
    read: &'static str,
}

const FOR_UNITS: Purpose = Purpose {
    size: UNITS,
    settings: concat!(of_units!("SET"), "; SET default_transaction_isolation = 'read committed'"),
    begin: concat!("BEGIN ISOLATION LEVEL READ COMMITTED; ", of_units!("SET LOCAL"), "; DEALLOCATE ALL"),
    read: concat!("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ", of_units!("SET LOCAL"), "; DEALLOCATE ALL"),
};

/// A query sees the database as of one moment.
const FOR_QUESTIONS: Purpose = Purpose {
    size: QUESTIONS,
    settings: concat!(
        of_questions!("SET"),
        "; SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = 'on'"
    ),
    begin: concat!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ", of_questions!("SET LOCAL"), "; DEALLOCATE ALL"),
    read: concat!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ", of_questions!("SET LOCAL"), "; DEALLOCATE ALL"),
};

/// The address of the database.
#[derive(Clone)]
pub(super) struct Address {
    options: PgConnectOptions,
    /// Whether a pooler in transaction mode is in between: each transaction may get another connection of PostgreSQL.
    is_shared: bool,
}

impl Address {
    /// A `postgres://` address of PostgreSQL itself.
    pub(super) fn direct(url: &str) -> Result<Self> {
        let options = options(url)?.statement_cache_capacity(STATEMENTS);
        Ok(Self { options, is_shared: false })
    }

    /// A `postgres://` address of a pooler. A pooler refuses startup parameters that it does not know: PgBouncer refuses
    /// `extra_float_digits`, which is not needed because there are no floats.
    pub(super) fn pooler(url: &str) -> Result<Self> {
        let options = options(url)?.statement_cache_capacity(0).extra_float_digits(None);
        Ok(Self { options, is_shared: true })
    }

    /// The options for a connection outside the pool.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// Reads a `postgres://` address.
pub(super) fn options(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url).map_err(|error| Error::Unavailable(error.to_string()))?;
    Ok(options.application_name("tallywire"))
}

/// Connections for one purpose. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pool {
    connections: PgPool,
    purpose: Purpose,
    is_shared: bool,
    silences: Arc<Silences>,
}

/// When a connection's server last went silent. Connections from before that are not used again: most likely its machine
/// or the way to it is gone, and no connection was closed.
#[derive(Default)]
struct Silences {
    last: Mutex<Option<Instant>>,
}

impl Silences {
    /// Whether a server went silent after a connection was made.
    fn are_since(&self, made: Instant) -> bool {
        self.last.lock().is_some_and(|last| made < last)
    }

    /// An answer that has to come soon.
    async fn limited<T>(&self, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        let asked = Instant::now();
        timeout(PING_LIMIT, answer).await.unwrap_or_else(|_| {
            *self.last.lock() = Some(asked);
            Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
        })
    }
}

impl Pool {
    /// Connects for units of work and short reads.
    pub(super) async fn for_units(address: &Address, direct: &Address, history: &Arc<History>) -> Result<Self> {
        Self::connect(address, direct, FOR_UNITS, history).await
    }

    /// Connects for users' queries.
    pub(super) async fn for_questions(address: &Address, direct: &Address, history: &Arc<History>) -> Result<Self> {
        Self::connect(address, direct, FOR_QUESTIONS, history).await
    }

    async fn connect(address: &Address, direct: &Address, purpose: Purpose, history: &Arc<History>) -> Result<Self> {
        let is_shared = address.is_shared;
        let pool = PgPoolOptions::new().max_connections(purpose.size).acquire_timeout(WAIT);
        // A connection that was just used is not pinged, because a ping takes as long as a statement.
        let epochs = Arc::clone(&history.epochs);
        let silences = Arc::<Silences>::default();
        let noted = Arc::clone(&silences);
        let pool = pool.test_before_acquire(false).before_acquire(move |connection, of| {
            let made = Instant::now().checked_sub(of.age);
            let is_outdated = made.is_some_and(|made| epochs.is_outdated(made) || noted.are_since(made));
            let noted = Arc::clone(&noted);
            Box::pin(async move {
                if is_outdated {
                    return Ok(false);
                }
                if of.idle_for > UNUSED {
                    noted.limited(connection.ping()).await?;
                }
                Ok(true)
            })
        });
        let (history, direct) = (Arc::clone(history), direct.options.clone());
        let pool = pool.after_connect(move |connection, _| {
            let (history, direct) = (Arc::clone(&history), direct.clone());
            Box::pin(async move {
                // Settings of a shared connection would affect other users of it, and its server says nothing about the
                // next one.
                let entered = if is_shared {
                    epoch::enter(&mut direct.connect().await?, &history).await
                } else {
                    connection.execute(purpose.settings).await?;
                    epoch::enter(connection, &history).await
                };
                entered.map_err(|error| sqlx::Error::Configuration(error.into()))
            })
        });
        Ok(Self { connections: pool.connect_with(address.options.clone()).await?, purpose, is_shared, silences })
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> sqlx::Result<Lent> {
        self.begin_with(self.purpose.begin).await
    }

    /// A connection for statements that only read. Over a pooler it is in a transaction: a statement with parameters is sent
    /// in two parts, which must reach the same connection of PostgreSQL.
    pub(super) async fn acquire(&self) -> sqlx::Result<Lent> {
        if self.is_shared {
            return self.begin_with(self.purpose.read).await;
        }
        Ok(Lent::new(self.connections.acquire().await?))
    }

    /// The server may have closed any number of connections, for example by a restart, or may have gone. Their first
    /// statement fails, before any work has been done, so the next connection is tried.
    async fn begin_with(&self, statement: &'static str) -> sqlx::Result<Lent> {
        let statement = if self.is_shared { statement } else { "BEGIN" };
        let mut left = self.connections.size();
        loop {
            let mut lent = Lent::new(self.connections.acquire().await?);
            match self.silences.limited(lent.begin(statement)).await {
                Err(error) if left > 0 && is_closed(&error) => left -= 1,
                begun => return begun.map(|()| lent),
            }
        }
    }

    /// Waits for running work, then closes.
    pub(super) async fn close(&self) {
        self.connections.close().await;
    }
}

/// Whether an error says that the server has closed the connection.
fn is_closed(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // An administrator's command, or a crash: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
        sqlx::Error::Database(answer) => matches!(answer.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}
