//! The write-ahead log of a SQLite database, observed from outside.
//!
//! Owns reading its header and its frames' headers (<https://sqlite.org/fileformat2.html#the_write_ahead_log>). Must
//! not open the database: a reader would keep the log from being restarted.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::server::DATABASE;

const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;
/// The interval of reading: far shorter than that of restarts, so that no frame is overwritten uncounted.
const EVERY: Duration = Duration::from_millis(5);

/// How many frames have been appended, over all restarts of the log.
struct Counter {
    path: PathBuf,
    page: u64,
    /// Two salts, which change at each restart of the log and are repeated in each of its frames.
    salts: [u8; 8],
    /// Frames with these salts, and frames before the last restart.
    frames: u64,
    earlier: u64,
}

impl Counter {
    fn new(path: PathBuf) -> Self {
        Self { path, page: 0, salts: [0; 8], frames: 0, earlier: 0 }
    }

    /// Reads the log. Returns whether it was restarted since the last read.
    fn look(&mut self) -> io::Result<bool> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut header = [0; HEADER as usize];
        if !read_all(&file, &mut header, 0)? {
            return Ok(false);
        }
        let mut salts = [0; 8];
        salts.copy_from_slice(&header[16..24]);
        let is_new = salts != self.salts;
        if is_new {
            // Frames appended between the last read and the restart are still behind the new frames.
            let last = if self.page == 0 { 0 } else { self.end(&file)? };
            self.earlier += last;
            self.page = u64::from(u32::from_be_bytes([header[8], header[9], header[10], header[11]]));
            (self.salts, self.frames) = (salts, 0);
        }
        self.frames = self.end(&file)?;
        Ok(is_new)
    }

    /// The number of frames with these salts, by doubling steps from the last known end, then halving them.
    fn end(&self, file: &File) -> io::Result<u64> {
        let (mut known, mut step) = (self.frames, 1);
        while self.is_frame(file, known + step - 1)? {
            known += step;
            step *= 2;
        }
        while step > 1 {
            step /= 2;
            if self.is_frame(file, known + step - 1)? {
                known += step;
            }
        }
        Ok(known)
    }

    fn is_frame(&self, file: &File, index: u64) -> io::Result<bool> {
        let mut salts = [0; 8];
        let is_there = read_all(file, &mut salts, HEADER + index * (FRAME_HEADER + self.page) + 8)?;
        Ok(is_there && salts == self.salts)
    }

    fn total(&self) -> u64 {
        self.earlier + self.frames
    }
}

/// Returns false at the end of the file.
fn read_all(file: &File, buffer: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(buffer, at) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Counts on its own thread until it is stopped.
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Watched>>,
}

/// The frames and restarts of a log during a measurement.
pub(crate) struct Watched {
    pub(crate) frames: u64,
    /// The times at which it was restarted: a checkpoint ended before each.
    pub(crate) restarts: Vec<Instant>,
}

impl Watch {
    /// Starts with the current log of the database in a server's folder.
    pub(crate) fn start(folder: &Path) -> io::Result<Self> {
        let stop = Arc::<AtomicBool>::default();
        let mut counter = Counter::new(folder.join(format!("{DATABASE}-wal")));
        counter.look()?;
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let before = counter.total();
            let mut restarts = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                std::thread::park_timeout(EVERY);
                if counter.look()? {
                    restarts.push(Instant::now());
                }
            }
            counter.look()?;
            Ok(Watched { frames: counter.total() - before, restarts })
        });
        Ok(Self { stop, thread })
    }

    /// Stops, and returns the counts.
    pub(crate) fn stop(self) -> anyhow::Result<Watched> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let watched = self.thread.join().ok().context("counting the log's frames failed")?;
        watched.context("the write-ahead log cannot be read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u32 = 512;

    /// Writes a log's header and `frames` frames over the existing ones.
    fn write(path: &Path, salt: u8, frames: u64) {
        let file = File::options().create(true).truncate(false).write(true).open(path).expect("a file");
        let mut header = [0; HEADER as usize];
        header[8..12].copy_from_slice(&PAGE.to_be_bytes());
        header[16..24].fill(salt);
        file.write_all_at(&header, 0).expect("written");
        for index in 0..frames {
            let mut frame = vec![0; FRAME_HEADER as usize + PAGE as usize];
            frame[8..16].fill(salt);
            file.write_all_at(&frame, HEADER + index * frame.len() as u64).expect("written");
        }
    }

    #[test]
    fn frames_are_counted_over_the_logs_beginning_anew() {
        let path = std::env::temp_dir().join(format!("tallywire-bench-wal-{}", std::process::id()));
        let mut counter = Counter::new(path.clone());
        assert!(!counter.look().expect("no log yet"));
        write(&path, 1, 5);
        counter.look().expect("read");
        assert_eq!(counter.total(), 5);
        write(&path, 1, 100);
        assert!(!counter.look().expect("read"));
        assert_eq!(counter.total(), 100);
        write(&path, 1, 103);
        write(&path, 2, 7);
        assert!(counter.look().expect("read"), "it was begun anew");
        assert_eq!(counter.total(), 110, "the three that came before the new beginning count");
        std::fs::remove_file(path).expect("removed");
    }
}
