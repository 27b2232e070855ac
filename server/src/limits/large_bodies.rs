//! How many large webhook bodies are held at once.
//!
//! Owns the permits. Must not read a body.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many large bodies are read at once: 64 MiB in all.
pub const MAX_LARGE_BODIES: usize = 64;

/// The permits for large bodies.
pub struct LargeBodies(Semaphore);

impl Default for LargeBodies {
    fn default() -> Self {
        Self(Semaphore::new(MAX_LARGE_BODIES))
    }
}

impl LargeBodies {
    /// A permit; `None` if none is free.
    pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire().ok()
    }

    /// How many permits are free.
    pub fn available(&self) -> usize {
        self.0.available_permits()
    }
}
