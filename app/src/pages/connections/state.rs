//! The connections that the page shows.
//!
//! Owns the list, reloading it after events, and the syncs that clicks have started. Must not show anything.

use leptos::prelude::*;
use wire::api::Connection;
use wire::connections::ConnectionsView;

use crate::api::load_connections;
use crate::calls::ConnectionKey;
use crate::clock::Clock;
use crate::realtime::UseRealtimeTransactionsReturn;
use crate::runtime::{sleep, spawn};
use crate::timeout::with_timeout;

/// The pause after each load: changes during it are loaded together.
const PAUSE_MS: u32 = 500;

/// A list that is being loaded, or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loading {
    Idle,
    UnderWay,
    /// An event has arrived since the load began.
    Again,
}

/// The connections, shared by components.
#[derive(Clone, Copy)]
pub(super) struct Connections {
    list: RwSignal<Vec<Connection>>,
    loading: StoredValue<Loading>,
    /// Whether the last load failed: the next tick tries again.
    failed: StoredValue<bool>,
    /// The connections whose sync a click started.
    syncing: RwSignal<Vec<ConnectionKey>>,
}

/// A connection's key.
pub(super) fn key_of(connection: &Connection) -> ConnectionKey {
    ConnectionKey { connector_id: connection.connector_id.clone(), connection_id: connection.connection_id.clone() }
}

impl Connections {
    pub(super) fn new(view: &ConnectionsView) -> Self {
        Self {
            list: RwSignal::new(view.connections.clone()),
            loading: StoredValue::new(Loading::Idle),
            failed: StoredValue::new(false),
            syncing: RwSignal::new(Vec::new()),
        }
    }

    /// Follows the feed and the clock from now on.
    pub(super) fn follow(self, feed: UseRealtimeTransactionsReturn) {
        let clock = Clock::expect();
        // An event does not carry all that is shown of a connection.
        Effect::new(move |before: Option<u64>| {
            let seq = feed.seq.get();
            if before.is_some_and(|before| before != seq) {
                self.load();
            }
            seq
        });
        // No event is sent when an attempt is postponed.
        Effect::new(move |_| {
            let Some(now) = clock.now() else { return };
            let next = |it: &Connection| it.next_sync_at.as_deref().and_then(wire::time::unix_millis);
            let is_due = self.list.with_untracked(|all| all.iter().filter_map(next).any(|next| next <= now));
            if (is_due || self.failed.get_value()) && !feed.ended.get_untracked() {
                self.load();
            }
        });
    }

    /// Loads the list again. Any number of calls during a load cause one more.
    pub(super) fn load(self) {
        if self.loading.get_value() != Loading::Idle {
            self.loading.set_value(Loading::Again);
            return;
        }
        spawn(async move {
            loop {
                self.loading.try_set_value(Loading::UnderWay);
                let loaded = with_timeout(load_connections()).await;
                self.failed.try_set_value(loaded.is_err());
                if let Ok(page) = loaded {
                    self.list.try_maybe_update(|list| (set_if_changed(list, page.connections), ()));
                }
                sleep(PAUSE_MS).await;
                if self.loading.try_get_value() != Some(Loading::Again) {
                    self.loading.try_set_value(Loading::Idle);
                    return;
                }
            }
        });
    }

    /// The connections, in their order.
    pub(super) fn keys(self) -> Vec<ConnectionKey> {
        self.list.with(|all| all.iter().map(key_of).collect())
    }

    /// One connection, as long as it exists.
    pub(super) fn get(self, key: &ConnectionKey) -> Option<Connection> {
        self.list.with(|all| all.iter().find(|connection| key_of(connection) == *key).cloned())
    }

    /// Whether a click has started a sync of a connection that has not ended.
    pub(super) fn is_syncing(self, key: &ConnectionKey) -> bool {
        self.syncing.with(|syncing| syncing.contains(key))
    }

    /// A click starts a sync of a connection.
    pub(super) fn begin_sync(self, key: ConnectionKey) {
        self.syncing.update(|syncing| syncing.push(key));
    }

    /// A sync has ended. Returns the connection's key if a click had started the sync.
    pub(super) fn end_sync(self, is_it: impl Fn(&ConnectionKey) -> bool) -> Option<ConnectionKey> {
        let at = self.syncing.with_untracked(|syncing| syncing.iter().position(is_it))?;
        self.syncing.try_update(|syncing| syncing.remove(at))
    }
}

/// Replaces the list. Returns whether it changed.
fn set_if_changed(list: &mut Vec<Connection>, loaded: Vec<Connection>) -> bool {
    let has_changed = *list != loaded;
    *list = loaded;
    has_changed
}
