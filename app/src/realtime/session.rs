//! One person's live feed on one page: the reducer, and the signals that show it.
//!
//! Owns them and whose feed it is, and remembering what the listeners were told. Must not know the
//! Socket.IO client nor its events.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leptos::prelude::*;
use wire::Transaction;
use wire::api::{Account, Summary};
use wire::events::SyncStats;

use super::admission::Admission;
use super::feed::Feed;
use super::link::{Link, sleep, spawn};
use super::memory::Memory;
use super::month::Turn;
use super::options::{Credential, UseRealtimeTransactionsOptions};
use super::reload::Reload;
use super::repair::Repair;
use super::showing::{Showing, set_if_changed};
use super::status::{ClientError, ConnectionStatus};
use super::troubles::{Part, Troubles};
use crate::clock::now_millis;

const MINUTE_MS: u32 = 60_000;

/// What one use of the hook wants to be told.
#[derive(Clone, Copy)]
pub(super) struct Listener {
    pub(super) on_new: Option<Callback<Transaction>>,
    pub(super) on_updated: Option<Callback<Transaction>>,
    pub(super) on_sync: Option<Callback<SyncStats>>,
}

pub(super) struct Session {
    pub(super) url: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) credential: Credential,
    resume: bool,
    memory: Memory,
    feed: Mutex<Feed>,
    listeners: Mutex<Listeners>,
    pub(super) showing: Showing,
    pub(super) link: Link,
    pub(super) repair: Mutex<Repair>,
    pub(super) turn: Mutex<Turn>,
    ticking: AtomicBool,
    pub(super) admission: Mutex<Admission>,
    pub(super) reload: Reload,
    pub(super) transactions: ArcRwSignal<Vec<Arc<Transaction>>>,
    pub(super) accounts: ArcRwSignal<Vec<Account>>,
    pub(super) summary: ArcRwSignal<Summary>,
    pub(super) next_cursor: ArcRwSignal<Option<String>>,
    pub(super) removals: ArcRwSignal<u64>,
    pub(super) latest: ArcRwSignal<Option<Transaction>>,
    pub(super) status: ArcRwSignal<ConnectionStatus>,
    troubles: Mutex<Troubles>,
    pub(super) error: ArcRwSignal<Option<ClientError>>,
    pub(super) older_error: ArcRwSignal<Option<ClientError>>,
    /// When the server was last heard, in milliseconds since 1970.
    pub(super) heard_at: ArcRwSignal<Option<i64>>,
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
            credential: options.credential,
            resume: options.resume,
            memory: Memory::default(),
            transactions: ArcRwSignal::new(feed.transactions()),
            accounts: ArcRwSignal::new(feed.accounts().to_vec()),
            summary: ArcRwSignal::new(feed.summary().clone()),
            next_cursor: ArcRwSignal::new(feed.next_cursor().map(str::to_owned)),
            removals: ArcRwSignal::new(feed.removals()),
            feed: Mutex::new(feed),
            listeners: Mutex::default(),
            showing: Showing::default(),
            link: Link::new(),
            repair: Mutex::default(),
            turn: Mutex::default(),
            ticking: AtomicBool::new(false),
            admission: Mutex::default(),
            reload: Reload::default(),
            latest: ArcRwSignal::new(None),
            status: ArcRwSignal::new(ConnectionStatus::Idle),
            troubles: Mutex::default(),
            error: ArcRwSignal::new(None),
            older_error: ArcRwSignal::new(None),
            heard_at: ArcRwSignal::new(None),
            loading_older: ArcRwSignal::new(false),
        })
    }

    /// Whether a hook with these options can share this session.
    pub(super) fn serves(&self, options: &UseRealtimeTransactionsOptions) -> bool {
        self.url == options.url
            && self.user_id == options.user_id
            && self.credential.is_as(&options.credential, self.user_id.is_some())
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
        self.recall();
        self.remember();
        self.link.connect(self);
        if !self.ticking.swap(true, Ordering::Relaxed) {
            self.tick();
        }
    }

    /// Looks once a minute what time it is.
    fn tick(self: &Arc<Self>) {
        let session = Arc::downgrade(self);
        spawn(async move {
            loop {
                sleep(MINUTE_MS).await;
                let Some(session) = session.upgrade() else { return };
                session.on_minute(now_millis());
            }
        });
    }

    pub(super) fn reconnect(self: &Arc<Self>) {
        self.mended(Part::Connection);
        self.link.reconnect(self);
    }

    pub(super) fn disconnect(&self) {
        self.link.disconnect();
    }

    /// What a kind of news is to be told to.
    pub(super) fn callbacks<T>(&self, pick: impl Fn(&Listener) -> Option<Callback<T>>) -> Vec<Callback<T>> {
        lock(&self.listeners).all.iter().filter_map(|(_, listener)| pick(listener)).collect()
    }

    pub(super) fn feed(&self) -> MutexGuard<'_, Feed> {
        lock(&self.feed)
    }

    /// Takes over what this tab remembers of the person.
    pub(super) fn recall(&self) {
        if self.resume {
            let mut feed = self.feed();
            let remembered = Memory::recall(self.url.as_deref(), self.owner(&feed));
            feed.recall(remembered);
        }
    }

    /// What listeners are still to be told is not remembered as told.
    pub(super) fn remember(&self) {
        if self.resume && !self.showing.owes_news() {
            let feed = self.feed();
            self.memory.remember(self.url.as_deref(), self.owner(&feed), feed.told());
        }
    }

    /// Whether something is this person's. Where it is not known yet whose feed it is, it is theirs.
    pub(super) fn is_for(&self, user_id: &str) -> bool {
        let (is_theirs, is_nobodys) = {
            let feed = self.feed();
            let owner = self.owner(&feed);
            (owner.is_empty() || owner == user_id, feed.user_id().is_empty())
        };
        if is_theirs && is_nobodys {
            self.feed().belongs_to(user_id);
            self.recall();
        }
        is_theirs
    }

    /// Whose feed it is or has to be; empty until it is known.
    fn owner<'a>(&'a self, feed: &'a Feed) -> &'a str {
        if feed.user_id().is_empty() { self.user_id.as_deref().unwrap_or_default() } else { feed.user_id() }
    }

    pub(super) fn trouble(&self, part: Part, error: ClientError) {
        lock(&self.troubles).put(part, error);
        self.show_troubles();
    }

    pub(super) fn mended(&self, part: Part) {
        lock(&self.troubles).mend(part);
        self.show_troubles();
    }

    fn show_troubles(&self) {
        let (worst, older) = {
            let troubles = lock(&self.troubles);
            (troubles.worst().cloned(), troubles.older().cloned())
        };
        set_if_changed(&self.error, worst);
        set_if_changed(&self.older_error, older);
    }

    /// Nobody reads the list. Not while the connection is away: what is loaded is all there is then.
    pub(super) fn shorten(self: &Arc<Self>) {
        if self.status.get_untracked() == ConnectionStatus::Live && self.feed().shorten() {
            self.request_reload();
        }
    }

    /// Ends the connection for a reason that trying again does not mend, and shows nothing any more.
    pub(super) fn give_up(&self, error: ClientError) {
        self.trouble(Part::Connection, error);
        self.link.disconnect();
        self.feed().give_up();
        self.showing.forget();
        self.latest.set(None);
        self.publish();
    }
}

/// A poisoned lock means that a panic was caught elsewhere; the data is still whole, because it is
/// changed in one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
