//! The trait over the tables.
//!
//! Owns which unit of work runs where: on the writer or on a reader. Must not hold a statement.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use wire::Transaction;
use wire::api::{Account, Connection, ConnectionRequest, Snapshot, Summary, TransactionQuery, TransactionsPage};
use wire::events::SyncStats;
use wire::transaction::TransactionKey;

use super::{SqliteStore, accounts, connections, deliveries, feed, transactions, users};
use crate::store::{ConnectorRef, Error, FeedEvent, LogEnds, NewDelivery, Recorded, Result, Session, Store, User};

#[async_trait]
impl Store for SqliteStore {
    async fn record_delivery(&self, delivery: NewDelivery, now: Timestamp) -> Result<Recorded> {
        self.unit(now, move |unit| deliveries::record(unit, &delivery)).await
    }

    async fn apply_kept(&self, id: i64, delivery: NewDelivery, now: Timestamp) -> Result<Recorded> {
        self.unit(now, move |unit| deliveries::requeue(unit, id, &delivery)).await
    }

    async fn put_connection(
        &self,
        connector: ConnectorRef,
        connection_id: String,
        request: ConnectionRequest,
        now: Timestamp,
    ) -> Result<(Connection, bool)> {
        self.unit(now, move |unit| connections::put(unit, &connector, &connection_id, &request)).await
    }

    async fn connections(&self, connector_id: String, user_id: Option<String>) -> Result<Vec<Connection>> {
        self.readers.read(move |connection| connections::list(connection, &connector_id, user_id.as_deref())).await
    }

    async fn connection(&self, connector_id: String, connection_id: String) -> Result<Connection> {
        let query = move |connection: &rusqlite::Connection| {
            connections::shown(connection, &connector_id, &connection_id)?.ok_or(Error::NotFound)
        };
        self.readers.read(query).await
    }

    async fn delete_connection(
        &self,
        connector_id: String,
        connection_id: String,
        owner: Option<String>,
        purge: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.unit(now, move |unit| connections::remove(unit, (&connector_id, &connection_id), owner.as_deref(), purge))
            .await
    }

    async fn complete_sync(
        &self,
        connector_id: String,
        connection_id: String,
        new_transactions: u64,
        now: Timestamp,
    ) -> Result<SyncStats> {
        // Counted beside the writer, which a long history would hold up.
        let place = (connector_id.clone(), connection_id.clone());
        let total = move |connection: &rusqlite::Connection| connections::count(connection, &place.0, &place.1);
        let owner = self.connection(connector_id.clone(), connection_id.clone()).await?.user_id;
        let total_transactions = self.readers.answer(&owner, total).await?;
        let stats = SyncStats { total_transactions, new_transactions };
        self.unit(now, move |unit| connections::complete_sync(unit, (&connector_id, &connection_id), stats)).await
    }

    async fn transactions(&self, user_id: String, query: TransactionQuery) -> Result<TransactionsPage> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| transactions::page(connection, &user_id, &query)).await
    }

    async fn transaction(&self, user_id: String, key: TransactionKey) -> Result<Transaction> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| transactions::one(connection, &user_id, &key)).await
    }

    async fn accounts(&self, user_id: String) -> Result<Vec<Account>> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| accounts::of_user(connection, &user_id)).await
    }

    async fn summary(&self, user_id: String, now: Timestamp) -> Result<Summary> {
        let owner = user_id.clone();
        self.readers.answer(&owner, move |connection| transactions::summary(connection, &user_id, now)).await
    }

    async fn snapshot(&self, user_id: String, display_name: String, now: Timestamp) -> Result<Snapshot> {
        let owner = user_id.clone();
        let question =
            move |connection: &rusqlite::Connection| transactions::snapshot(connection, user_id, display_name, now);
        self.readers.answer(&owner, question).await
    }

    async fn log_ends(&self, user_id: Arc<str>) -> Result<LogEnds> {
        self.readers.read(move |connection| feed::ends(connection, &user_id)).await
    }

    async fn newest_events(&self, users: Vec<Arc<str>>) -> Result<Vec<u64>> {
        self.readers.read(move |connection| users.iter().map(|user| feed::newest_seq(connection, user)).collect()).await
    }

    async fn events_after(&self, user_id: Arc<str>, after: u64, limit: u32) -> Result<Vec<FeedEvent>> {
        let (owner, shared) = (Arc::clone(&user_id), Arc::clone(&self.shared));
        let question =
            move |connection: &rusqlite::Connection| feed::after(connection, &shared.epoch, &user_id, after, limit);
        self.readers.answer(&owner, question).await
    }

    async fn prune_events(&self, older_than: Timestamp, keep_newest: u64) -> Result<usize> {
        let (mut pruned, mut after) = (0, 0);
        loop {
            let page =
                move |connection: &rusqlite::Connection| feed::overdue(connection, older_than, keep_newest, after);
            let overdue = self.readers.read(page).await?;
            let Some(last) = overdue.last() else { return Ok(pruned) };
            after = last.id;
            for owner in overdue {
                pruned += self.prune_log(owner.id, older_than, keep_newest).await?;
            }
        }
    }

    fn epoch(&self) -> &str {
        &self.shared.epoch
    }

    async fn finish_moves(&self, now: Timestamp) -> Result<()> {
        self.mover.finish(now).await
    }

    async fn add_user(&self, user: User, now: Timestamp) -> Result<()> {
        self.writer.write(move |connection, _| users::add(connection, &user, now)).await
    }

    async fn user_by_email(&self, email: String) -> Result<Option<User>> {
        self.readers.read(move |connection| users::by_email(connection, &email)).await
    }

    async fn add_session(&self, token_hash: [u8; 32], session: Session, now: Timestamp) -> Result<()> {
        self.writer.write(move |connection, _| users::add_session(connection, token_hash, &session, now)).await
    }

    async fn session(&self, token_hash: [u8; 32], now: Timestamp) -> Result<Option<Session>> {
        self.readers.read(move |connection| users::session(connection, token_hash, now)).await
    }

    async fn delete_session(&self, token_hash: [u8; 32]) -> Result<()> {
        self.writer.write(move |connection, _| users::delete_session(connection, token_hash)).await
    }

    async fn delete_sessions(&self, user_id: String) -> Result<usize> {
        self.writer.write(move |connection, _| users::delete_sessions(connection, &user_id)).await
    }

    async fn close(&self) {
        self.writer.close().await;
    }

    async fn check(&self, now: Timestamp) -> Result<()> {
        self.health.check()?;
        let job = move |connection: &rusqlite::Connection, _: &mut Vec<FeedEvent>| {
            let mut probe = connection.prepare_cached("INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?1)")?;
            probe.execute([now.as_millisecond()])?;
            Ok(())
        };
        self.writer.write(job).await
    }
}
