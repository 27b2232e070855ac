//! The controller of a live feed: one for each page, however many components use it.
//!
//! Owns the components' listeners and executes the effects that [`core`](super::core) returns: on the signals, the
//! listeners, the connection and the timers. Must not decide anything itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use leptos::prelude::*;
use socketio_client::Notification;
use wire::api::Snapshot;

use super::core::Core;
use super::effect::Effect;
use super::feed::News;
use super::fetch::{Short, older_page, snapshot_for};
use super::flush::{Pending, pause_after};
use super::link::Link;
use super::listeners::{Listener, Listeners};
use super::options::{Target, UseRealtimeTransactionsOptions};
use super::reload::Progress;
use super::signals::{Shown, Signals};
use crate::clock::now_millis;
use crate::runtime::{sleep, spawn};

const MINUTE_MS: u32 = 60_000;

pub(super) struct Controller {
    target: Target,
    core: Mutex<Core>,
    pending: Mutex<Pending>,
    link: Link,
    listeners: Listeners,
    ticking: AtomicBool,
    pub(super) signals: Signals,
}

impl Controller {
    pub(super) fn new(options: UseRealtimeTransactionsOptions) -> Arc<Self> {
        let UseRealtimeTransactionsOptions { target, initial, resume, .. } = options;
        let core = Core::new(&target, initial, resume);
        Arc::new(Self {
            target,
            signals: Signals::new(core.feed()),
            core: Mutex::new(core),
            pending: Mutex::default(),
            link: Link::new(),
            listeners: Listeners::default(),
            ticking: AtomicBool::new(false),
        })
    }

    /// Whether a hook with these options can share this controller.
    pub(super) fn serves(&self, options: &UseRealtimeTransactionsOptions) -> bool {
        self.target.is_same(&options.target)
    }

    pub(super) fn listen(&self, listener: Listener) -> u64 {
        self.listeners.add(listener)
    }

    pub(super) fn unlisten(&self, id: u64) {
        self.listeners.remove(id);
    }

    pub(super) fn connect(self: &Arc<Self>) {
        lock(&self.core).recall();
        self.remember();
        let (auth, notify) = (Arc::downgrade(self), Arc::downgrade(self));
        self.link.connect(
            self.target.url.as_deref(),
            move || {
                let controller = auth.upgrade()?;
                // Outside the lock: the token may come from the embedding application.
                let token = controller.target.credential.token();
                Some(lock(&controller.core).auth_payload(token))
            },
            move |notification| {
                if let Some(controller) = notify.upgrade() {
                    controller.on_notification(notification);
                }
            },
        );
        if !self.ticking.swap(true, Ordering::Relaxed) {
            self.tick();
        }
    }

    /// Checks the clock once a minute.
    fn tick(self: &Arc<Self>) {
        let controller = Arc::downgrade(self);
        spawn(async move {
            loop {
                sleep(MINUTE_MS).await;
                let Some(controller) = controller.upgrade() else { return };
                let effect = lock(&controller.core).on_minute(now_millis());
                controller.run(effect);
            }
        });
    }

    pub(super) fn reconnect(self: &Arc<Self>) {
        lock(&self.core).reconnecting();
        self.run(None);
        if !self.link.reconnect() {
            self.connect();
        }
    }

    pub(super) fn disconnect(&self) {
        self.link.disconnect();
    }

    /// Shortens a list that is not being read.
    pub(super) fn shorten(self: &Arc<Self>) {
        let effect = lock(&self.core).shorten();
        self.run(effect);
    }

    fn on_notification(self: &Arc<Self>, notification: Notification) {
        let effects = match notification {
            Notification::Status(status) => lock(&self.core).on_status(status),
            Notification::Event(event) => {
                let now = now_millis();
                self.signals.heard_at.set(Some(now));
                lock(&self.core).on_event(&event.name, event.raw_arg(0).unwrap_or("null"), now)
            }
            Notification::Silent(is_silent) => {
                lock(&self.core).on_silent(is_silent);
                Vec::new()
            }
            Notification::Refused { message } => {
                lock(&self.core).on_refused(message);
                Vec::new()
            }
        };
        self.run(effects);
    }

    /// Executes effects, then shows the status and the errors. The connection may call back during this.
    fn run(self: &Arc<Self>, effects: impl IntoIterator<Item = Effect>) {
        for effect in effects {
            match effect {
                Effect::Flush { changed, news } => self.flush_soon(changed, news),
                Effect::FlushNow(news) => {
                    lock(&self.pending).add(true, news);
                    self.flush();
                }
                Effect::Clear => self.clear(),
                Effect::Reload => self.reload(),
                Effect::Ready => self.link.ready(),
                Effect::Restart => self.link.restart(),
                Effect::Retry => self.link.retry(),
                Effect::RetryAfter(ms) => self.link.retry_after(ms),
                Effect::Disconnect => self.link.disconnect(),
            }
        }
        let (status, errors) = {
            let core = lock(&self.core);
            (core.status(), core.errors().clone())
        };
        self.signals.show_status(status);
        self.signals.show_errors(&errors);
        self.remember();
    }

    /// Stores the position of the last notification, once none is pending.
    fn remember(&self) {
        if lock(&self.pending).news.is_empty() {
            lock(&self.core).remember();
        }
    }

    /// Flushes at once unless a flush has just happened; then flushes together with the changes that arrive meanwhile.
    fn flush_soon(self: &Arc<Self>, changed: bool, news: Vec<News>) {
        let is_scheduled = {
            let mut pending = lock(&self.pending);
            pending.add(changed, news);
            pending.scheduled
        };
        if is_scheduled || !self.flush() {
            return;
        }
        lock(&self.pending).scheduled = true;
        let controller = Arc::downgrade(self);
        spawn(async move {
            loop {
                let started = now_millis();
                // The effects of the signals are drawn before the next timer fires.
                sleep(0).await;
                sleep(pause_after(now_millis() - started)).await;
                let Some(controller) = controller.upgrade() else { return };
                if !controller.flush() {
                    lock(&controller.pending).scheduled = false;
                    return;
                }
            }
        });
    }

    /// Shows the changes and notifies the listeners. Returns whether there were any.
    fn flush(&self) -> bool {
        let (changed, news) = lock(&self.pending).take();
        if changed {
            self.publish();
        }
        let any = changed || !news.is_empty();
        for news in news {
            if let News::Added(transaction) = &news {
                self.signals.latest.set(Some((**transaction).clone()));
            }
            self.listeners.notify(&news);
        }
        if any {
            self.remember();
        }
        any
    }

    fn clear(&self) {
        lock(&self.pending).take();
        self.signals.latest.set(None);
        self.publish();
    }

    fn publish(&self) {
        let shown = Shown::from(lock(&self.core).feed());
        self.signals.show_feed(shown);
    }

    /// Reloads until nothing is missing. One reload at a time, however many events require it.
    fn reload(self: &Arc<Self>) {
        let Some(mut reload) = lock(&self.core).begin_reload() else { return };
        // Held weakly across every await, so that a request does not keep a closed page alive.
        let controller = Arc::downgrade(self);
        spawn(async move {
            loop {
                sleep(reload.pause).await;
                let Some(strong) = controller.upgrade() else { return };
                // There is no await between this check and the end: an event that arrives later finds no reload in
                // progress and starts one.
                let progress = lock(&strong.core).look(&mut reload);
                strong.run(None);
                drop(strong);
                match progress {
                    Progress::Done => return,
                    Progress::Moving => continue,
                    Progress::Stuck => {}
                }
                let result = snapshot_for(|snapshot| take(&controller, snapshot)).await;
                let Some(controller) = controller.upgrade() else { return };
                let (goes_on, effects) = lock(&controller.core).reloaded(&mut reload, result);
                controller.run(effects);
                if !goes_on {
                    return;
                }
            }
        });
    }

    /// Loads the next older page.
    pub(super) fn load_older(self: &Arc<Self>) {
        let loading = self.signals.loading_older.clone();
        if loading.get_untracked() {
            return;
        }
        let Some(older) = lock(&self.core).feed().older() else { return };
        loading.set(true);
        let controller = Arc::downgrade(self);
        spawn(async move {
            let mut next = Some(older);
            while let Some(older) = next {
                let page = older_page(older.cursor.clone()).await;
                let Some(controller) = controller.upgrade() else { return };
                let (effects, instead) = lock(&controller.core).older_loaded(&older, page);
                controller.run(effects);
                next = instead;
            }
            loading.set(false);
        });
    }
}

/// Applies a snapshot to a page that may have been closed meanwhile.
fn take(controller: &Weak<Controller>, snapshot: Snapshot) -> Result<(), Box<Short>> {
    let Some(controller) = controller.upgrade() else { return Ok(()) };
    let effects = lock(&controller.core).take(snapshot)?;
    controller.run(effects);
    Ok(())
}

/// A poisoned lock means that a panic was caught elsewhere; the data is still consistent, because it is changed in one
/// step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
