//! The callbacks of the components.
//!
//! Owns who is notified. Calls no callback while it holds its lock, because a callback may add or remove a component.
//! Must not decide what is notified.

use std::sync::{Mutex, PoisonError};

use leptos::prelude::*;
use wire::Transaction;
use wire::events::SyncComplete;

use super::feed::News;

/// The callbacks of one use of the hook.
#[derive(Clone, Copy)]
pub(super) struct Listener {
    pub(super) on_new: Option<Callback<Transaction>>,
    pub(super) on_updated: Option<Callback<Transaction>>,
    pub(super) on_sync: Option<Callback<SyncComplete>>,
}

#[derive(Default)]
pub(super) struct Listeners(Mutex<Registered>);

#[derive(Default)]
struct Registered {
    next_id: u64,
    all: Vec<(u64, Listener)>,
}

impl Listeners {
    pub(super) fn add(&self, listener: Listener) -> u64 {
        let mut registered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        registered.next_id += 1;
        let id = registered.next_id;
        registered.all.push((id, listener));
        id
    }

    pub(super) fn remove(&self, id: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all.retain(|(other, _)| *other != id);
    }

    pub(super) fn notify(&self, news: &News) {
        match news {
            News::Added(transaction) => self.call(|listener| listener.on_new, &**transaction),
            News::Updated(transaction) => self.call(|listener| listener.on_updated, &**transaction),
            News::Synced(event) => self.call(|listener| listener.on_sync, event),
        }
    }

    fn call<T: Clone + 'static>(&self, pick: impl Fn(&Listener) -> Option<Callback<T>>, payload: &T) {
        let callbacks: Vec<_> = {
            let registered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            registered.all.iter().filter_map(|(_, listener)| pick(listener)).collect()
        };
        for callback in callbacks {
            callback.try_run(payload.clone());
        }
    }
}
