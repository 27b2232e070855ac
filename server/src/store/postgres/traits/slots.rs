//! The trait for slots over its tables. All of it uses a dedicated connection and a time limit: a renewal must not wait for
//! units of work of webhooks, or for a server that no longer answers.
//!
//! Owns the choice between a database transaction and one statement. Must not hold a statement.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Connection as _;
use tokio::time::timeout;

use super::super::{PostgresStore, slots};
use crate::store::{Error, NodeId, Result, SlotRequest, Slots};

/// The time limit of any work on slots. The database's own timeouts are shorter.
const LIMIT: Duration = Duration::from_secs(5);

/// Runs `$work`, which borrows `$database`, on the connection for slots; evaluates to the [`Result`].
macro_rules! limited {
    ($store:expr, |$database:ident| $work:expr) => {{
        let work = async {
            let mut lent = $store.slots.lend().await?;
            let $database = &mut lent.connection;
            let done = $work.await?;
            lent.give_back();
            Ok(done)
        };
        let late = || Error::Unavailable("the database did not answer a request for slots in time".to_owned());
        timeout(LIMIT, work).await.unwrap_or_else(|_| Err(late()))
    }};
}

#[async_trait]
impl Slots for PostgresStore {
    async fn register_node(&self, lasts: Duration) -> Result<Option<NodeId>> {
        limited!(self, |database| slots::register(database, lasts)).map(Some)
    }

    async fn renew_node(&self, node: NodeId, lasts: Duration) -> Result<bool> {
        limited!(self, |database| slots::renew(database, node, lasts))
    }

    async fn end_node(&self, node: NodeId) -> Result<()> {
        limited!(self, |database| slots::end(database, node))
    }

    async fn record_slots(&self, node: NodeId, requests: Vec<SlotRequest>, limit: u32) -> Result<Vec<u32>> {
        limited!(self, |database| async {
            let mut work = database.begin().await?;
            slots::lock(&mut work, &requests).await?;
            let recorded = slots::record(&mut work, node, &requests, limit).await?;
            work.commit().await?;
            Ok::<_, Error>(recorded)
        })
    }

    async fn recorded_slots(&self, node: NodeId) -> Result<Vec<(String, u32)>> {
        limited!(self, |database| slots::recorded(database, node))
    }
}
