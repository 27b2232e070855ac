//! The connections to the database.
//!
//! Owns how many there are, what each is set to, that none is used that leads to a standby or a former epoch, and what changes
//! where a pooler shares PostgreSQL's connections among transactions. Must not know what is read or written over them.

use std::ops::{Deref, DerefMut};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Postgres, Transaction};

use super::epoch;
use super::history::History;
use crate::store::{Error, Result};

/// How many connections a node has at most for units of work and short reads.
const UNITS: u32 = 16;
/// How many it has at most for what users ask.
const QUESTIONS: u32 = 8;
/// How long a caller waits for one.
const WAIT: Duration = Duration::from_secs(5);
/// After what time without use a connection is tried first: the server may have gone meanwhile.
const UNUSED: Duration = Duration::from_secs(2);
/// How many statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 500;

/// What units of work are set to. A node that hangs in the middle of one must not hold its locks for good, and nobody waits
/// for a lock for longer than a webhook's sender waits for its answer. All that they read is found by indexes, and plans must not
/// change with the statistics: one that is made while a table is small reads all of it, for as long as the plan is kept, and a plan
/// for one value seems cheaper each time than one for an array of any length.
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

/// The same for what users ask, which is given up after a while.
macro_rules! of_questions {
    ($set:literal) => {
        concat!($set, " idle_in_transaction_session_timeout = '30s'; ", $set, " statement_timeout = '5s'")
    };
}

/// What connections are for.
#[derive(Clone, Copy)]
struct Purpose {
    size: u32,
    /// What a connection of its own is set to once.
    settings: &'static str,
    /// How a transaction begins over a shared connection: with the settings that it needs, and without the prepared
    /// statements that another transaction has left there under the same names.
    begin: &'static str,
    /// The same for one that only reads.
    read: &'static str,
}

const FOR_UNITS: Purpose = Purpose {
    size: UNITS,
    settings: concat!(of_units!("SET"), "; SET default_transaction_isolation = 'read committed'"),
    begin: concat!("BEGIN ISOLATION LEVEL READ COMMITTED; ", of_units!("SET LOCAL"), "; DEALLOCATE ALL"),
    read: concat!("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ", of_units!("SET LOCAL"), "; DEALLOCATE ALL"),
};

/// A question sees the database as of one moment.
const FOR_QUESTIONS: Purpose = Purpose {
    size: QUESTIONS,
    settings: concat!(
        of_questions!("SET"),
        "; SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = 'on'"
    ),
    begin: concat!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ", of_questions!("SET LOCAL"), "; DEALLOCATE ALL"),
    read: concat!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ", of_questions!("SET LOCAL"), "; DEALLOCATE ALL"),
};

/// Where the database is.
#[derive(Clone)]
pub(super) struct Address {
    options: PgConnectOptions,
    /// Whether a pooler in transaction mode is in between: each transaction may have another connection of PostgreSQL.
    is_shared: bool,
}

impl Address {
    /// A `postgres://` address of PostgreSQL itself.
    pub(super) fn direct(url: &str) -> Result<Self> {
        let options = options(url)?.statement_cache_capacity(STATEMENTS);
        Ok(Self { options, is_shared: false })
    }

    /// A `postgres://` address of a pooler. What it does not know of a connection it refuses: PgBouncer refuses
    /// `extra_float_digits`, and nothing here is a float.
    pub(super) fn pooler(url: &str) -> Result<Self> {
        let options = options(url)?.statement_cache_capacity(0).extra_float_digits(None);
        Ok(Self { options, is_shared: true })
    }

    /// For a connection of its own.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// Reads a `postgres://` address.
pub(super) fn options(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url).map_err(|error| Error::Unavailable(error.to_string()))?;
    Ok(options.application_name("tallywire"))
}

/// Connections of one purpose. A cheap handle.
#[derive(Clone)]
pub(super) struct Pool {
    connections: PgPool,
    purpose: Purpose,
    is_shared: bool,
}

/// A connection for statements that only read. Over a pooler it is a transaction, since a statement with parameters is sent
/// in two parts, which must reach the same connection of PostgreSQL.
pub(super) enum Reading {
    Own(PoolConnection<Postgres>),
    Shared(Transaction<'static, Postgres>),
}

impl Deref for Reading {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Shared(transaction) => transaction,
        }
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Shared(transaction) => transaction,
        }
    }
}

impl Pool {
    /// Connects for units of work and short reads.
    pub(super) async fn for_units(address: &Address, direct: &Address, history: &Arc<History>) -> Result<Self> {
        Self::connect(address, direct, FOR_UNITS, history).await
    }

    /// Connects for what users ask.
    pub(super) async fn for_questions(address: &Address, direct: &Address, history: &Arc<History>) -> Result<Self> {
        Self::connect(address, direct, FOR_QUESTIONS, history).await
    }

    async fn connect(address: &Address, direct: &Address, purpose: Purpose, history: &Arc<History>) -> Result<Self> {
        let is_shared = address.is_shared;
        let pool = PgPoolOptions::new().max_connections(purpose.size).acquire_timeout(WAIT);
        // One that has just been used need not be tried first, which would take as long as a statement.
        let epochs = Arc::clone(&history.epochs);
        let pool = pool.test_before_acquire(false).before_acquire(move |connection, of| {
            let is_outdated = Instant::now().checked_sub(of.age).is_some_and(|made| epochs.is_outdated(made));
            Box::pin(async move {
                if is_outdated {
                    return Ok(false);
                }
                if of.idle_for > UNUSED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        let (history, direct) = (Arc::clone(history), direct.options.clone());
        let pool = pool.after_connect(move |connection, _| {
            let (history, direct) = (Arc::clone(&history), direct.clone());
            Box::pin(async move {
                // What a shared connection is set to would be so for others as well, and where it leads says nothing.
                let entered = if is_shared {
                    epoch::enter(&mut direct.connect().await?, &history).await
                } else {
                    connection.execute(purpose.settings).await?;
                    epoch::enter(connection, &history).await
                };
                entered.map_err(|error| sqlx::Error::Configuration(error.into()))
            })
        });
        Ok(Self { connections: pool.connect_with(address.options.clone()).await?, purpose, is_shared })
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin_with(self.purpose.begin).await
    }

    /// A connection for statements that only read.
    pub(super) async fn acquire(&self) -> sqlx::Result<Reading> {
        if self.is_shared {
            return Ok(Reading::Shared(self.begin_with(self.purpose.read).await?));
        }
        Ok(Reading::Own(self.connections.acquire().await?))
    }

    /// The server may have closed any number of connections, at a restart for example. That shows at their first statement,
    /// when nothing has been done yet: then another one is taken.
    async fn begin_with(&self, statement: &'static str) -> sqlx::Result<Transaction<'static, Postgres>> {
        let mut left = self.connections.size();
        loop {
            let begun = match self.is_shared {
                true => self.connections.begin_with(statement).await,
                false => self.connections.begin().await,
            };
            match begun {
                Err(error) if left > 0 && is_closed(&error) => left -= 1,
                begun => return begun,
            }
        }
    }

    /// Waits for what is under way, and closes.
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
