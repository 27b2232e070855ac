//! `tallywire inbox` and `tallywire outbox`.
//!
//! Owns how the inbox and the outbox are printed and replayed. Must not change them any other way.

use std::io::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use server::config::Config;
use server::ingest::Ingest;
use server::operations::{LONGEST_LIST, STUCK_AFTER};
use server::store::{Recorded, Revived};

use super::output::say;
use super::{InboxCommand, OutboxCommand, admin};

/// Lists, shows and replays deliveries.
pub(super) async fn inbox(config: Config, command: InboxCommand) -> anyhow::Result<()> {
    let store = admin::open(&config).await?;
    match command {
        InboxCommand::List { kept, limit } => {
            for entry in store.inbox(kept, limit).await? {
                let connection = entry.connection_id.unwrap_or_else(|| "-".to_owned());
                let reason = entry.reason.unwrap_or_default();
                let latency = entry.latency_us.map_or_else(|| "-".to_owned(), |us| format!("{us}us"));
                let (id, at, connector, verdict) = (entry.id, entry.received_at, entry.connector_id, entry.verdict);
                say!("{id}\t{at}\t{connector}\t{connection}\t{verdict}\t{latency}\t{reason}")?;
            }
        }
        InboxCommand::Show { id } => {
            let kept = store.delivery(id).await?;
            for (name, value) in kept.delivery.headers().iter() {
                say!("{name}: {value}")?;
            }
            say!("")?;
            std::io::stdout().write_all(kept.delivery.body())?;
            say!("")?;
        }
        InboxCommand::Replay { id } => {
            let registry = Arc::new(config.registry());
            let ingest = Ingest::new(registry, store, admin::unlimited(), Arc::default());
            match ingest.run_again(id, Timestamp::now()).await? {
                Recorded::Applied(changed) => {
                    say!("applied: {} transactions were new or had changed", changed.all())?;
                }
                Recorded::Partly(changed, reason) => {
                    say!("{} transactions were new or had changed; still quarantined: {reason}", changed.all())?;
                }
                Recorded::Queued => say!("still waiting behind earlier deliveries of its connection")?,
                Recorded::Duplicate => say!("already processed: nothing was changed")?,
                Recorded::Kept(reason) => say!("still quarantined: {reason}")?,
                Recorded::Malformed(reason) => say!("malformed: {reason}")?,
            }
        }
    }
    Ok(())
}

/// Shows pending calls, and sends dead letters again.
pub(super) async fn outbox(config: Config, command: OutboxCommand) -> anyhow::Result<()> {
    let store = admin::open(&config).await?;
    match command {
        OutboxCommand::Status => {
            let state = store.outbox_state().await?;
            let since = state.oldest_millis.map(server::clock::rfc3339_of_millis);
            say!("pending:      {}", state.waiting)?;
            say!("since:        {}", since.unwrap_or_else(|| "-".to_owned()))?;
            say!("dead letters: {}", state.dead)?;
            for queue in store.stuck_queues(STUCK_AFTER, LONGEST_LIST).await? {
                let (user, waiting, key, attempts, reason) =
                    (queue.user_id, queue.waiting, queue.idempotency_key, queue.attempts, queue.reason);
                say!("stuck:        {user}\t{waiting} pending\t{key}\t{attempts} failed attempts\t{reason}")?;
            }
        }
        OutboxCommand::Dead => {
            for letter in store.dead_letters(500).await? {
                let (id, at, user, key, reason) =
                    (letter.id, letter.died_at, letter.user_id, letter.idempotency_key, letter.reason);
                say!("{id}\t{at}\t{user}\t{key}\t{reason}")?;
            }
        }
        OutboxCommand::Replay { id, .. } => {
            let Revived { revived, outdated } = store.revive(id, Timestamp::now()).await?;
            say!("{revived} will be sent again")?;
            if outdated > 0 {
                say!("{outdated} were outdated and are not sent: there is a newer revision")?;
            }
        }
        OutboxCommand::Skip { user_id } => match store.set_aside(user_id, Timestamp::now()).await? {
            Some(key) => say!("{key} is a dead letter now; the next calls of the queue are sent")?,
            None => say!("nothing is pending")?,
        },
    }
    Ok(())
}
