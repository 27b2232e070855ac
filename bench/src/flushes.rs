//! Flushes of a small file, timed at regular intervals during a load.
//!
//! Owns the thread that flushes on the database's disk. Must not know what the times are compared with.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// One flush.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flush {
    pub(crate) began: Instant,
    pub(crate) took: Duration,
}

/// Flushes until it is stopped.
pub(crate) struct Flushes {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Vec<Flush>>>,
}

impl Flushes {
    /// Starts one flush each `every`, in a folder.
    pub(crate) fn start(folder: &Path, every: Duration) -> io::Result<Self> {
        let path = folder.join("flushed.bin");
        let file = File::create(&path)?;
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut flushes = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                file.write_all_at(&[0x5a; 4096], 0)?;
                file.sync_all()?;
                flushes.push(Flush { began, took: began.elapsed() });
                std::thread::park_timeout(every.saturating_sub(began.elapsed()));
            }
            std::fs::remove_file(path)?;
            Ok(flushes)
        });
        Ok(Self { stop, thread })
    }

    /// Stops, and returns all flushes in order.
    pub(crate) fn stop(self) -> anyhow::Result<Vec<Flush>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().ok().context("flushing failed")?.context("the disk does not take a flush")
    }
}

/// The longest flush that overlaps a period.
pub(crate) fn longest_during(flushes: &[Flush], from: Instant, until: Instant) -> Duration {
    let during = flushes.iter().filter(|flush| flush.began <= until && flush.began + flush.took >= from);
    during.map(|flush| flush.took).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flushes_under_way_at_the_same_time_count() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let flushes = [(0, 5), (100, 60), (300, 90)].map(|(at, took)| Flush { began: start + ms(at), took: ms(took) });
        assert_eq!(longest_during(&flushes, start + ms(150), start + ms(250)), ms(60));
        assert_eq!(longest_during(&flushes, start + ms(170), start + ms(290)), Duration::ZERO);
        assert_eq!(longest_during(&flushes, start, start + ms(300)), ms(90));
    }
}
