//! `tallywire migrate`.
//!
//! Owns the output. Must not know how rows are copied or compared: `store::transfer` does.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use server::config::Config;
use server::store::transfer::{self, NOT_COPIED, Progress, Step, TableReport, TransferError};
use tokio::sync::watch;

use super::output::say;

/// How often progress is printed.
const EVERY: Duration = Duration::from_secs(2);

/// Copies the configured SQLite database to PostgreSQL, or only compares the two.
pub(super) async fn migrate(config: &Config, to: &str, only_verifies: bool) -> anyhow::Result<()> {
    let from =
        config.database.file().context("DATABASE_URL is not an SQLite file: only an SQLite database can be copied")?;
    anyhow::ensure!(
        to.starts_with("postgres://") || to.starts_with("postgresql://"),
        "the target is not a PostgreSQL address, postgres://user:password@host/database"
    );
    let begun = Instant::now();
    let (sender, progress) = watch::channel(Progress::default());
    let tables = if only_verifies {
        followed(transfer::compare(from, to, &sender), &progress, begun).await?
    } else {
        followed(transfer::migrate(from, to, &sender), &progress, begun).await?
    };
    report(&tables)?;
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    let (seconds, rate) = (begun.elapsed().as_secs_f64(), per_second(rows, begun));
    if only_verifies {
        say!("\n{rows} rows are the same in both databases ({seconds:.1} s, {rate} rows/s).")?;
        return Ok(());
    }
    say!("\n{rows} rows were copied and are the same in both databases ({seconds:.1} s, {rate} rows/s).")?;
    say!("Now set DATABASE_URL to the new database and start the server. Its epoch is the same: clients")?;
    say!("continue where they left off. Do not start a server on {} again.", from.display())?;
    Ok(())
}

/// Prints the progress of a copy until it has ended.
async fn followed<T>(
    work: impl Future<Output = Result<T, TransferError>>,
    progress: &watch::Receiver<Progress>,
    begun: Instant,
) -> anyhow::Result<T> {
    let mut work = pin!(work);
    loop {
        match tokio::time::timeout(EVERY, &mut work).await {
            Ok(done) => return Ok(done?),
            Err(_) => say!("{}", line(*progress.borrow(), begun))?,
        }
    }
}

fn line(progress: Progress, begun: Instant) -> String {
    let Progress { step, table, rows, total } = progress;
    let seconds = begun.elapsed().as_secs();
    let share = rows * 100 / total.max(1);
    match step {
        Step::Opening => format!("{seconds} s: opening the databases"),
        Step::Copying => format!("{seconds} s: copied {rows} of {total} rows ({share} %), now {table}"),
        Step::Indexing => format!("{seconds} s: creating indexes for {total} rows"),
        Step::Verifying => format!("{seconds} s: compared {rows} of {total} rows ({share} %), now {table}"),
    }
}

fn report(tables: &[TableReport]) -> std::io::Result<()> {
    say!("{:<20} {:>12}  SHA-256 of the rows, the same in both", "table", "rows")?;
    for TableReport { name, rows, digest } in tables {
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        say!("{name:<20} {rows:>12}  {digest}")?;
    }
    for (name, reason) in NOT_COPIED {
        say!("{name:<20}   not copied  {reason}")?;
    }
    Ok(())
}

/// Average rows per second since the start, rounded down.
fn per_second(rows: u64, begun: Instant) -> u64 {
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    rows.saturating_mul(1000) / milliseconds
}
