//! A connection of the pool while it is in use.
//!
//! Owns its transaction and its way back to the pool, and the limits for both: without them, a connection whose server has
//! gone silent keeps its place in the pool until TCP gives up, which takes a quarter of an hour. Must not know what is read
//! or written.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Executor as _, PgConnection, Postgres};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::store::{Error, Result};

/// How long the server may take to end what was under way when a connection is returned. Beyond, it is closed.
const RETURN_LIMIT: Duration = Duration::from_secs(5);
/// How long a commit may take: with a synchronous replica it waits for that as well.
const COMMIT_LIMIT: Duration = Duration::from_secs(40);
/// How long statements that only read may take together.
const READ_LIMIT: Duration = Duration::from_secs(15);

/// A connection of the pool, in a transaction or not. When it is dropped, an open transaction is rolled back.
pub(super) struct Lent {
    /// Taken when it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    is_in_transaction: bool,
}

impl Lent {
    pub(super) fn new(connection: PoolConnection<Postgres>) -> Self {
        Self { connection: Some(connection), is_in_transaction: false }
    }

    /// Begins a transaction with this statement.
    pub(super) async fn begin(&mut self, statement: &'static str) -> sqlx::Result<()> {
        // If the answer is not awaited, the transaction may have begun.
        self.is_in_transaction = true;
        self.execute(statement).await?;
        Ok(())
    }

    /// Commits. After an error it is unknown whether the transaction was committed.
    pub(super) async fn commit(mut self) -> Result<()> {
        within(COMMIT_LIMIT, async { Ok(self.execute("COMMIT").await?) }).await?;
        self.is_in_transaction = false;
        Ok(())
    }

    /// Rolls back, so that its locks are free afterwards, unless the server has gone silent.
    pub(super) async fn rollback(mut self) {
        let rolled_back = timeout(RETURN_LIMIT, self.execute("ROLLBACK")).await;
        self.is_in_transaction = !matches!(rolled_back, Ok(Ok(_)));
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    #[expect(clippy::expect_used, reason = "only dropping takes it")]
    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("a connection")
    }
}

impl DerefMut for Lent {
    #[expect(clippy::expect_used, reason = "only dropping takes it")]
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("a connection")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(timeout(RETURN_LIMIT, give_back(connection, self.is_in_transaction)))),
            // The runtime shuts down, and nothing can be awaited any more.
            Err(_) => drop(connection.leak()),
        }
    }
}

/// Returns a connection to the pool once the server has answered everything. If that takes too long, it is closed.
async fn give_back(mut connection: PoolConnection<Postgres>, is_in_transaction: bool) {
    connection.close_on_drop();
    if is_in_transaction && connection.execute("ROLLBACK").await.is_err() {
        return;
    }
    // As dropping it would, but in this task, so that the limit holds.
    connection.return_to_pool().await;
}

/// The result of work on the database, or an error if it takes longer than `limit`.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(silent()))
}

/// The error of work that took longer than its limit.
pub(super) fn silent() -> Error {
    Error::Unavailable("the database does not answer".to_owned())
}

/// The result of statements that only read.
pub(super) async fn read<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    within(READ_LIMIT, work).await
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgPoolOptions;
    use sqlx::{Connection as _, PgPool};
    use test_services::{Postgres as Service, Relay};

    use super::*;

    /// A pool of two connections that can be frozen.
    async fn pool(service: &Service) -> (PgPool, Relay) {
        let relay = Relay::start(service.port()).expect("a relay");
        let url = relay.url(&service.create_database().expect("a database"));
        let pool = PgPoolOptions::new().max_connections(2).test_before_acquire(false).acquire_timeout(2 * RETURN_LIMIT);
        (pool.connect(&url).await.expect("connected"), relay)
    }

    async fn lend(pool: &PgPool) -> Lent {
        Lent::new(pool.acquire().await.expect("a connection"))
    }

    #[tokio::test]
    async fn a_silent_connection_leaves_the_pool_whatever_it_was_lent_for() {
        let service = Service::start().expect("a server");
        let (pool, relay) = pool(&service).await;
        let (mut working, mut reading) = (lend(&pool).await, lend(&pool).await);
        working.begin("BEGIN").await.expect("begun");
        assert_eq!(relay.freeze(), 2);
        let silent = within(Duration::from_millis(100), async { Ok(working.execute("SELECT 1").await?) });
        assert!(matches!(silent.await, Err(Error::Unavailable(_))));
        assert!(timeout(Duration::from_millis(100), reading.execute("SELECT 1")).await.is_err());
        drop((working, reading));
        let mut replaced = (lend(&pool).await, lend(&pool).await);
        replaced.0.ping().await.expect("an answer");
        replaced.1.ping().await.expect("an answer");
    }

    #[tokio::test]
    async fn a_dropped_transaction_is_rolled_back_and_its_connection_used_again() {
        let service = Service::start().expect("a server");
        let (pool, _relay) = pool(&service).await;
        let process = async |lent: &mut Lent| {
            sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()").fetch_one(&mut **lent).await
        };
        let (mut first, second) = (lend(&pool).await, lend(&pool).await);
        first.begin("BEGIN").await.expect("begun");
        first.execute("CREATE TABLE t (n int)").await.expect("made");
        let before = process(&mut first).await.expect("a process");
        // In the middle of a statement.
        assert!(timeout(Duration::from_millis(100), first.execute("SELECT pg_sleep(0.3)")).await.is_err());
        drop(first);
        let mut again = lend(&pool).await;
        assert_eq!(process(&mut again).await.expect("a process"), before);
        let tables = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM pg_tables WHERE tablename = 't'");
        assert_eq!(tables.fetch_one(&mut *again).await.expect("a count"), 0);
        drop(second);
    }
}
