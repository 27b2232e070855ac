//! One person's live feed on one page: the reducer, and the signals that show it.
//!
//! Owns applying what the server says, and telling the listeners. Must not know the Socket.IO
//! client, and calls no listener while a lock is held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leptos::prelude::*;
use socketio_client::Status;
use wire::api::{Account, Summary};
use wire::error::SocketError;
use wire::events::{AUTHENTICATED, Authenticate, Authenticated, ERROR, SYNC_REQUIRED, SyncStats};
use wire::{ErrorCode, Transaction};

use super::event::FeedEvent;
use super::feed::{Change, Feed};
use super::link::Link;
use super::options::{Token, UseRealtimeTransactionsOptions};
use super::reload::Reload;
use super::status::{ClientError, ConnectionStatus, ends_session};

/// What one use of the hook wants to be told.
#[derive(Clone, Copy)]
pub(super) struct Listener {
    pub(super) on_new: Option<Callback<Transaction>>,
    pub(super) on_updated: Option<Callback<Transaction>>,
    pub(super) on_sync: Option<Callback<SyncStats>>,
}

pub(super) struct Session {
    url: Option<String>,
    user_id: Option<String>,
    token: Option<Token>,
    feed: Mutex<Feed>,
    listeners: Mutex<Listeners>,
    link: Link,
    pub(super) reload: Reload,
    pub(super) transactions: ArcRwSignal<Vec<Transaction>>,
    pub(super) accounts: ArcRwSignal<Vec<Account>>,
    pub(super) summary: ArcRwSignal<Summary>,
    pub(super) next_cursor: ArcRwSignal<Option<String>>,
    pub(super) latest: ArcRwSignal<Option<Transaction>>,
    pub(super) status: ArcRwSignal<ConnectionStatus>,
    pub(super) error: ArcRwSignal<Option<ClientError>>,
    pub(super) loading_older: ArcRwSignal<bool>,
}

#[derive(Default)]
struct Listeners {
    next_id: u64,
    all: Vec<(u64, Listener)>,
}

impl Session {
    pub(super) fn new(options: UseRealtimeTransactionsOptions) -> Arc<Self> {
        let feed = options.initial.map(Feed::new).unwrap_or_default();
        Arc::new(Self {
            url: options.url,
            user_id: options.user_id,
            token: options.token,
            transactions: ArcRwSignal::new(feed.transactions()),
            accounts: ArcRwSignal::new(feed.accounts().to_vec()),
            summary: ArcRwSignal::new(feed.summary().clone()),
            next_cursor: ArcRwSignal::new(feed.next_cursor().map(str::to_owned)),
            feed: Mutex::new(feed),
            listeners: Mutex::default(),
            link: Link::new(),
            reload: Reload::default(),
            latest: ArcRwSignal::new(None),
            status: ArcRwSignal::new(ConnectionStatus::Idle),
            error: ArcRwSignal::new(None),
            loading_older: ArcRwSignal::new(false),
        })
    }

    /// Whether a hook with these options can share this session.
    pub(super) fn serves(&self, options: &UseRealtimeTransactionsOptions) -> bool {
        self.url == options.url && self.user_id == options.user_id
    }

    pub(super) fn listen(&self, listener: Listener) -> u64 {
        let mut listeners = lock(&self.listeners);
        listeners.next_id += 1;
        let id = listeners.next_id;
        listeners.all.push((id, listener));
        id
    }

    pub(super) fn unlisten(&self, id: u64) {
        lock(&self.listeners).all.retain(|(other, _)| *other != id);
    }

    pub(super) fn connect(self: &Arc<Self>) {
        self.link.connect(self);
    }

    pub(super) fn reconnect(self: &Arc<Self>) {
        self.error.set(None);
        self.link.reconnect(self);
    }

    pub(super) fn disconnect(&self) {
        self.link.disconnect();
    }

    pub(super) fn feed(&self) -> MutexGuard<'_, Feed> {
        lock(&self.feed)
    }

    /// Shows what the feed holds now.
    pub(super) fn publish(&self) {
        let (transactions, accounts, summary, next_cursor) = {
            let feed = self.feed();
            let cursor = feed.next_cursor().map(str::to_owned);
            (feed.transactions(), feed.accounts().to_vec(), feed.summary().clone(), cursor)
        };
        self.transactions.set(transactions);
        set_if_changed(&self.accounts, accounts);
        set_if_changed(&self.summary, summary);
        set_if_changed(&self.next_cursor, next_cursor);
    }

    pub(super) fn announce_new(&self, transaction: &Transaction) {
        self.latest.set(Some(transaction.clone()));
        for callback in self.callbacks(|listener| listener.on_new) {
            callback.try_run(transaction.clone());
        }
    }

    fn callbacks<T>(&self, pick: impl Fn(&Listener) -> Option<Callback<T>>) -> Vec<Callback<T>> {
        lock(&self.listeners).all.iter().filter_map(|(_, listener)| pick(listener)).collect()
    }

    fn change(self: &Arc<Self>, event: FeedEvent) {
        let (change, needs_reload) = {
            let mut feed = self.feed();
            let change = feed.apply(event);
            (change, feed.needs_reload())
        };
        if change != Change::Nothing {
            self.publish();
        }
        match change {
            Change::Added(transaction) => self.announce_new(&transaction),
            Change::Updated(transaction) => {
                for callback in self.callbacks(|listener| listener.on_updated) {
                    callback.try_run((*transaction).clone());
                }
            }
            Change::Synced(stats) => {
                for callback in self.callbacks(|listener| listener.on_sync) {
                    callback.try_run(stats);
                }
            }
            Change::Nothing | Change::Removed | Change::Balance | Change::Connection => {}
        }
        if needs_reload {
            self.request_reload();
        }
    }

    fn on_authenticated(self: &Arc<Self>, payload: &Authenticated) {
        let (is_other, needs_reload) = {
            let mut feed = self.feed();
            let is_other = !feed.user_id().is_empty() && feed.user_id() != payload.user_id;
            if !is_other {
                feed.announce(payload.seq);
            }
            (is_other, feed.needs_reload())
        };
        if is_other {
            self.fail(ClientError::OtherUser);
            return;
        }
        self.error.set(None);
        self.status.set(ConnectionStatus::Live);
        if needs_reload {
            self.request_reload();
        }
    }

    fn on_error(&self, error: SocketError) {
        // A host that hands out tokens gives a newer one at the next connect; a session cookie that
        // is not accepted any more stays so.
        let is_final = error.code == ErrorCode::ConnectionLimit || (self.token.is_none() && ends_session(error.code));
        if is_final { self.fail(ClientError::Server(error)) } else { self.error.set(Some(ClientError::Server(error))) }
    }

    /// Ends the connection for a reason that trying again does not mend.
    pub(super) fn fail(&self, error: ClientError) {
        self.error.set(Some(error));
        self.link.disconnect();
    }
}

/// What a link calls.
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the server has no link"))]
impl Session {
    pub(super) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The handshake's `auth`: who signs in, and the last event that is in.
    pub(super) fn auth_payload(&self) -> String {
        let since = self.feed().seq();
        let payload = Authenticate {
            user_id: self.user_id.clone(),
            token: self.token.as_ref().and_then(|token| token()),
            since: Some(since),
        };
        serde_json::to_string(&payload).unwrap_or_else(|_| "{}".to_owned())
    }

    pub(super) fn on_status(&self, status: Status) {
        // Where the server signed the socket in before it acknowledged the namespace, that stands.
        let signed_in = status == Status::Live && self.status.get_untracked() == ConnectionStatus::Live;
        if !signed_in {
            self.status.set(status.into());
        }
    }

    pub(super) fn on_refused(&self, message: String) {
        self.error.set(Some(ClientError::Refused(message)));
    }

    pub(super) fn on_event(self: &Arc<Self>, name: &str, payload: &str) {
        let malformed = || self.error.set(Some(ClientError::Malformed(name.to_owned())));
        match name {
            AUTHENTICATED => match serde_json::from_str(payload) {
                Ok(payload) => self.on_authenticated(&payload),
                Err(_) => malformed(),
            },
            ERROR => match serde_json::from_str(payload) {
                Ok(error) => self.on_error(error),
                Err(_) => malformed(),
            },
            SYNC_REQUIRED => {
                self.feed().require_reload();
                self.request_reload();
            }
            _ => match FeedEvent::read(name, payload) {
                Some(Ok(event)) => self.change(event),
                Some(Err(_)) => {
                    malformed();
                    self.feed().require_reload();
                    self.request_reload();
                }
                None => {}
            },
        }
    }
}

/// A poisoned lock means that a panic was caught elsewhere; the data is still whole, because it is
/// changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
