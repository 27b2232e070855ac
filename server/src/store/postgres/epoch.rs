//! The epoch: what names a database and its history.
//!
//! Owns finding out that the database may have lost its end, and beginning a new epoch then: once, however many nodes find
//! out. Must not know who is connected.
//!
//! The database stores the identity that its server had when the epoch began. A new connection compares it, so that nothing
//! is read or written over one before its epoch is known. Behind a pooler a connection may outlive its server: units of work
//! compare the timeline as well. Units of work read the epoch in the statement that locks their
//! owner's row; whoever begins a new epoch locks the table against them, so that none commits an event of the former one after
//! that.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::history::History;
use super::identity;
use crate::store::{Error, Result};

/// How often a standby is asked whether it was promoted, before another connection is made: the address may lead elsewhere then.
const PROMOTION_TRIES: u32 = 5;
const PROMOTION_PAUSE: Duration = Duration::from_millis(200);
/// Also on connections that only read.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// The database's epoch, and the identity of its server when that began.
type Stored = (String, Option<String>);

/// Finds out which epoch a new connection leads to; begins a new one where the database may have lost its end. Fails for a
/// standby: it is behind, and cannot be written to.
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

/// Begins a new epoch in any case; its name. Nodes learn of it when they next read or write.
pub(super) async fn begin(database: &mut PgConnection) -> Result<String> {
    let identity = identity::of(database).await?;
    let mut unit = database.begin_with(BEGIN).await?;
    lock(&mut unit).await?;
    let epoch = store(&mut unit, None, &identity).await?;
    unit.commit().await?;
    Ok(epoch)
}

/// Begins a new epoch unless another node has done so meanwhile; the name of the epoch.
async fn begin_once(database: &mut PgConnection, history: &History, identity: &str) -> Result<String> {
    let mut unit = database.begin_with(BEGIN).await?;
    lock(&mut unit).await?;
    let stored = stored(&mut unit).await?;
    let Some(reason) = reason(&mut unit, history, &stored, identity).await? else {
        // Dropping it would leave the table locked until the connection is next used.
        unit.rollback().await?;
        return Ok(stored.0);
    };
    // A database of an earlier release does not say which server it was made on.
    let keeps = (reason == Reason::NoIdentity).then_some(stored.0.as_str());
    let epoch = self::store(&mut unit, keeps, identity).await?;
    unit.commit().await?;
    if keeps.is_none() {
        tracing::warn!(
            ?reason,
            identity,
            former = stored.0,
            epoch,
            "a new epoch begins: the database may have lost its end"
        );
    }
    Ok(epoch)
}

/// Why the database's end may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// Nothing says on which server the epoch began.
    NoIdentity,
    /// The server is another one, or on another timeline.
    AnotherServer,
    /// It is in an epoch that this node has left.
    FormerEpoch,
    /// It lacks events that this node has seen.
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
    Err(Error::Unavailable("the server is a standby, which was not promoted so far".to_owned()))
}

async fn stored(database: &mut PgConnection) -> Result<Stored> {
    let stored =
        sqlx::query_as("SELECT value, (SELECT value FROM meta WHERE name = 'identity') FROM meta WHERE name = 'epoch'");
    Ok(stored.fetch_one(database).await?)
}

/// Waits until no unit of work appends events, and lets none begin to before the commit.
async fn lock(database: &mut PgConnection) -> Result<()> {
    sqlx::query("LOCK TABLE owners IN EXCLUSIVE MODE").execute(database).await?;
    Ok(())
}

/// Stores an epoch, a new one where none is kept, with the identity of its server.
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
