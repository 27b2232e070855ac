//! The disk's speed without a server.
//!
//! Owns the two reference figures for durable writes. Must not involve the server.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::stats::Times;

const BLOCK: usize = 4096;
/// How many writes are timed, and for how long at most.
const WRITES: usize = 300;
const LONGEST: Duration = Duration::from_secs(5);

/// The times of successive 4 KiB writes, each with its `fdatasync`.
pub(crate) fn sync_times(folder: &Path) -> anyhow::Result<Times> {
    append_and_sync(folder, BLOCK, WRITES, LONGEST).map(Times::new)
}

/// The upper limit of answered callers a second if each commit were one flush for all `callers` waiting, with 4 KiB of
/// each.
pub(crate) fn grouped_rate(folder: &Path, callers: usize, time: Duration) -> anyhow::Result<f64> {
    let started = Instant::now();
    let flushes = append_and_sync(folder, BLOCK * callers, usize::MAX, time)?.len();
    Ok(crate::stats::rate(flushes * callers, started.elapsed()))
}

fn append_and_sync(folder: &Path, size: usize, most: usize, longest: Duration) -> anyhow::Result<Vec<Duration>> {
    let path = folder.join("disk.bin");
    let mut file = File::create(&path)?;
    let block = vec![0x5a_u8; size];
    let started = Instant::now();
    let mut times = Vec::new();
    while times.len() < most && started.elapsed() < longest {
        let before = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(before.elapsed());
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(times)
}
