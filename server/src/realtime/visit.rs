//! One stay of a client in the namespace.
//!
//! Owns what goes with a socket wherever it goes: a number of its own, since a client that leaves and
//! comes back over the same connection has the same id, and the turn in which it signs in. Must not know
//! whose it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use tokio::sync::OwnedMutexGuard;

use super::polls::Polls;

/// Tells one member of a room from another, sockets and streams alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MemberId(u64);

impl MemberId {
    /// One that nobody has had since the server started.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A stay.
pub(super) struct Visit {
    pub(super) id: MemberId,
    pub(super) polls: Arc<Polls>,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The turn of what came with the handshake: it is the first, though it is begun later.
    first: Mutex<Option<OwnedMutexGuard<()>>>,
}

impl Visit {
    /// Begins one. Where the handshake brings a proof, no other is looked at before it.
    pub(super) fn begin(socket: &SocketRef, polls: Arc<Polls>, brings_proof: bool) -> Arc<Self> {
        let turn = Arc::<tokio::sync::Mutex<()>>::default();
        let first = if brings_proof { Arc::clone(&turn).try_lock_owned().ok() } else { None };
        let visit = Arc::new(Self { id: MemberId::new(), polls, turn, first: Mutex::new(first) });
        socket.extensions.insert(Arc::clone(&visit));
        visit
    }

    /// The stay of a socket; nothing before it has begun.
    pub(super) fn of(socket: &SocketRef) -> Option<Arc<Self>> {
        socket.extensions.get()
    }

    /// The handshake's turn to sign in.
    pub(super) async fn first_turn(&self) -> OwnedMutexGuard<()> {
        let first = self.first.lock().take();
        match first {
            Some(turn) => turn,
            None => self.turn().await,
        }
    }

    /// A turn to sign in, after those before.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }
}
