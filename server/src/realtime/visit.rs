//! One stay of a client in the namespace.
//!
//! Owns what goes with a socket wherever it goes: a number of its own, since a client that leaves and
//! comes back over the same connection has the same id, and the turn in which it signs in. Must not know
//! whose it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use tokio::sync::OwnedMutexGuard;

use super::polls::Polls;

/// How many sign-ins of a socket wait for the one before: each holds a token.
const MOST_WAITING: usize = 4;

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
    turns: Turns,
    /// The turn of what came with the handshake: it is the first, though it is begun later.
    first: Mutex<Option<Turn>>,
}

impl Visit {
    /// Begins one. Where the handshake brings a proof, no other is looked at before it.
    pub(super) fn begin(socket: &SocketRef, polls: Arc<Polls>, brings_proof: bool) -> Arc<Self> {
        let turns = Turns::default();
        let first = if brings_proof { turns.at_once() } else { None };
        let visit = Arc::new(Self { id: MemberId::new(), polls, turns, first: Mutex::new(first) });
        socket.extensions.insert(Arc::clone(&visit));
        visit
    }

    /// The stay of a socket; nothing before it has begun.
    pub(super) fn of(socket: &SocketRef) -> Option<Arc<Self>> {
        socket.extensions.get()
    }

    /// The handshake's turn to sign in.
    pub(super) async fn first_turn(&self) -> Option<Turn> {
        let first = self.first.lock().take();
        match first {
            Some(turn) => Some(turn),
            None => self.turn().await,
        }
    }

    /// A turn to sign in, after those before; nothing where too many wait already.
    pub(super) async fn turn(&self) -> Option<Turn> {
        self.turns.next().await
    }
}

/// The right to sign in, until it is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

/// Who signs in and who waits to.
#[derive(Default)]
struct Turns {
    taken: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicUsize,
}

impl Turns {
    fn at_once(&self) -> Option<Turn> {
        Arc::clone(&self.taken).try_lock_owned().ok()
    }

    async fn next(&self) -> Option<Turn> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let turn = Arc::clone(&self.taken).lock_owned().await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join_all, poll_immediate};

    use super::*;

    #[tokio::test]
    async fn a_few_wait_for_their_turn_and_more_are_turned_away() {
        let turns = Turns::default();
        let first = turns.at_once();
        assert!(first.is_some() && turns.at_once().is_none());
        let mut waiting: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(turns.next())).collect();
        for turn in &mut waiting {
            assert!(poll_immediate(turn).await.is_none());
        }
        assert!(turns.next().await.is_none());
        drop(first);
        let came = join_all(waiting.into_iter().map(async |turn| turn.await.is_some())).await;
        assert_eq!(came, [true; MOST_WAITING]);
        assert!(turns.next().await.is_some());
    }
}
