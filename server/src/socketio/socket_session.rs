//! A socket session: one membership of a client in the namespace, from joining to leaving.
//!
//! Owns what belongs to the session and not to the connection: its id, since a client that leaves the namespace and
//! rejoins over the same connection keeps its socket id, and the lock for signing in. Must not know which user it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use tokio::sync::OwnedMutexGuard;

use super::polling::PollingBudget;
use crate::feed::SubscriberId;

/// How many sign-ins of a socket may wait for the previous one: each holds a token.
const MAX_WAITING: usize = 4;

/// One membership in the namespace.
pub(super) struct SocketSession {
    pub(super) id: SubscriberId,
    pub(super) polling: Arc<PollingBudget>,
    sign_in_lock: SignInLock,
    /// Holds the lock for the credentials of the handshake, which come first although their check starts later.
    handshake: Mutex<Option<SignInGuard>>,
}

impl SocketSession {
    /// Starts a session. If the handshake carries credentials, they are checked before any others.
    pub(super) fn start(socket: &SocketRef, polling: Arc<PollingBudget>, has_credentials: bool) -> Arc<Self> {
        let sign_in_lock = SignInLock::default();
        let handshake = if has_credentials { sign_in_lock.try_lock() } else { None };
        let id = SubscriberId::next();
        let session = Arc::new(Self { id, polling, sign_in_lock, handshake: Mutex::new(handshake) });
        socket.extensions.insert(Arc::clone(&session));
        session
    }

    /// The session of a socket; `None` before one has started.
    pub(super) fn of(socket: &SocketRef) -> Option<Arc<Self>> {
        socket.extensions.get()
    }

    /// The lock for the credentials of the handshake.
    pub(super) async fn lock_for_handshake(&self) -> Option<SignInGuard> {
        let handshake = self.handshake.lock().take();
        match handshake {
            Some(guard) => Some(guard),
            None => self.lock().await,
        }
    }

    /// Waits for the lock for a sign-in, in order of arrival; `None` if too many are waiting.
    pub(super) async fn lock(&self) -> Option<SignInGuard> {
        self.sign_in_lock.lock().await
    }
}

/// Excludes other sign-ins of the session until it is dropped.
pub(super) type SignInGuard = OwnedMutexGuard<()>;

/// Serialises the sign-ins of a session.
#[derive(Default)]
struct SignInLock {
    mutex: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicUsize,
}

impl SignInLock {
    fn try_lock(&self) -> Option<SignInGuard> {
        Arc::clone(&self.mutex).try_lock_owned().ok()
    }

    async fn lock(&self) -> Option<SignInGuard> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let guard = Arc::clone(&self.mutex).lock_owned().await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(guard)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join_all, poll_immediate};

    use super::*;

    #[tokio::test]
    async fn a_few_sign_ins_wait_for_the_lock_and_more_are_refused() {
        let lock = SignInLock::default();
        let first = lock.try_lock();
        assert!(first.is_some() && lock.try_lock().is_none());
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(lock.lock())).collect();
        for one in &mut waiting {
            assert!(poll_immediate(one).await.is_none());
        }
        assert!(lock.lock().await.is_none());
        drop(first);
        let locked = join_all(waiting.into_iter().map(async |one| one.await.is_some())).await;
        assert_eq!(locked, [true; MAX_WAITING]);
        assert!(lock.lock().await.is_some());
    }
}
