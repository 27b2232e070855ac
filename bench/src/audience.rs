//! Connected users who only listen.
//!
//! Owns their sockets and the count of events. Must not read an event.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::server::Server;
use crate::socket;

/// How long to wait for events that are on their way.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Signed-in sockets that are read until this is dropped.
pub(crate) struct Audience {
    sockets: JoinSet<()>,
    heard: Arc<AtomicUsize>,
}

impl Audience {
    /// Opens `each` sockets for each of the first `users` users.
    pub(crate) async fn open(server: &Server, users: usize, each: usize) -> anyhow::Result<Self> {
        let heard = Arc::<AtomicUsize>::default();
        let mut sockets = JoinSet::new();
        for (_, mut socket) in socket::open_many(server.address, users, each, 64).await? {
            let heard = Arc::clone(&heard);
            sockets.spawn(async move {
                while let Ok(Some(packet)) = socket.next().await {
                    if packet.starts_with("42[\"transaction:new\"") {
                        heard.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        Ok(Self { sockets, heard })
    }

    /// Waits a while for a total number of events; returns how many have arrived. Fails if a socket was closed.
    pub(crate) async fn wait_for(&mut self, expected: usize) -> anyhow::Result<usize> {
        let started = Instant::now();
        while self.heard.load(Ordering::Relaxed) < expected && started.elapsed() < TIMEOUT {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::ensure!(self.sockets.try_join_next().is_none(), "the server closed a socket");
        Ok(self.heard.load(Ordering::Relaxed))
    }
}
