//! The epoch: the identifier of a database's history.
//!
//! Owns detecting that the end of the log may be lost, and then beginning a new epoch: once, however many nodes detect it.
//! Must not know who is connected.
//!
//! The database stores the identity that its server had when the epoch began. Every new connection compares it before
//! anything is read or written. Behind a pooler, a connection may outlive its server, so units of work compare the timeline
//! as well. They read the epoch in the statement that locks their owner's row; a node that begins a new epoch locks the
//! table against them, so that no unit of work commits an event of the former epoch afterwards.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::history::History;
use super::identity;
use crate::store::{Error, Result};

/// How often to ask a standby whether it has been promoted before reconnecting: by then the address may lead to another
/// server.
const PROMOTION_TRIES: u32 = 5;
const PROMOTION_PAUSE: Duration = Duration::from_millis(200);
/// Overrides the defaults of connections that only read.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// The database's epoch, and the identity of its server when the epoch began.
type Stored = (String, Option<String>);

/// Enters the epoch of the database behind a new connection. Begins a new epoch if the end of the log may be lost. Fails
/// for a standby: it is behind, and cannot be written to.
pub(super) async fn enter(database: &mut PgConnection, history: &History) -> Result<()> {
    wait_for_promotion(database).await?;
    let identity = identity::of(database).await?;
    history.set_has_timelines(identity::has_timeline(&identity));
    let stored = stored(database).await?;
    let epoch = match reason(database, history, &stored, &identity).await? {
        None => stored.0,
        Some(_) => begin_once(database, history, &identity).await?,
    };
    history.epochs.read(&epoch).map(drop)
}

/// Begins a new epoch unconditionally; returns its name. Nodes learn of it at their next read or write.
pub(super) async fn begin(database: &mut PgConnection) -> Result<String> {
    let identity = identity::of(database).await?;
    let mut unit = database.begin_with(BEGIN).await?;
    lock(&mut unit).await?;
    let epoch = store(&mut unit, None, &identity).await?;
    unit.commit().await?;
    Ok(epoch)
}

/// Begins a new epoch unless another node has just done so; returns the name of the epoch.
async fn begin_once(database: &mut PgConnection, history: &History, identity: &str) -> Result<String> {
    let mut unit = database.begin_with(BEGIN).await?;
    lock(&mut unit).await?;
    let stored = stored(&mut unit).await?;
    let Some(reason) = reason(&mut unit, history, &stored, identity).await? else {
        // Dropping the transaction would leave the table locked until the connection is next used.
        unit.rollback().await?;
        return Ok(stored.0);
    };
    // A database of an earlier release does not store on which server it was created.
    let keeps = (reason == Reason::NoIdentity).then_some(stored.0.as_str());
    let epoch = self::store(&mut unit, keeps, identity).await?;
    unit.commit().await?;
    if keeps.is_none() {
        tracing::warn!(
            ?reason,
            identity,
            former = stored.0,
            epoch,
            "a new epoch begins: the database may have lost its newest events"
        );
    }
    Ok(epoch)
}

/// Why the end of the log may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// The database does not store on which server the epoch began.
    NoIdentity,
    /// The server is another one, or on another timeline.
    AnotherServer,
    /// The database is in an epoch that this node has left.
    FormerEpoch,
    /// The database lacks events that this node has seen.
    LostEvents,
}

async fn reason(
    database: &mut PgConnection,
    history: &History,
    (epoch, stored): &Stored,
    identity: &str,
) -> Result<Option<Reason>> {
    Ok(match stored {
        None => Some(Reason::NoIdentity),
        Some(stored) if stored != identity => Some(Reason::AnotherServer),
        Some(_) if history.epochs.has_left(epoch) => Some(Reason::FormerEpoch),
        Some(_) if history.is_lost(database, epoch).await? => Some(Reason::LostEvents),
        Some(_) => None,
    })
}

async fn wait_for_promotion(database: &mut PgConnection) -> Result<()> {
    for _ in 0..PROMOTION_TRIES {
        if !identity::is_standby(database).await? {
            return Ok(());
        }
        tokio::time::sleep(PROMOTION_PAUSE).await;
    }
    Err(Error::Unavailable("the server is a standby that has not been promoted".to_owned()))
}

async fn stored(database: &mut PgConnection) -> Result<Stored> {
    let stored =
        sqlx::query_as("SELECT value, (SELECT value FROM meta WHERE name = 'identity') FROM meta WHERE name = 'epoch'");
    Ok(stored.fetch_one(database).await?)
}

/// Waits for units of work that append events, and blocks new ones until the commit.
async fn lock(database: &mut PgConnection) -> Result<()> {
    sqlx::query("LOCK TABLE owners IN EXCLUSIVE MODE").execute(database).await?;
    Ok(())
}

/// Stores an epoch with the identity of its server; a new epoch unless `keeps` names one.
async fn store(database: &mut PgConnection, keeps: Option<&str>, identity: &str) -> Result<String> {
    let epoch = keeps.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned);
    sqlx::query(
        "INSERT INTO meta (name, value) VALUES ('epoch', $1), ('identity', $2)
         ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
    )
    .bind(&epoch)
    .bind(identity)
    .execute(database)
    .await?;
    Ok(epoch)
}
