//! The signals that components read.
//!
//! Owns their values and writes only those that changed, because each write redraws. Must not decide anything.

use std::sync::Arc;

use leptos::prelude::*;
use wire::Transaction;
use wire::api::{Account, Summary};

use super::errors::Errors;
use super::feed::Feed;
use super::status::{ClientError, ConnectionStatus};

pub(super) struct Signals {
    pub(super) transactions: ArcRwSignal<Vec<Arc<Transaction>>>,
    pub(super) accounts: ArcRwSignal<Vec<Account>>,
    pub(super) summary: ArcRwSignal<Summary>,
    pub(super) next_cursor: ArcRwSignal<Option<String>>,
    pub(super) removals: ArcRwSignal<u64>,
    pub(super) seq: ArcRwSignal<u64>,
    pub(super) loaded: ArcRwSignal<bool>,
    pub(super) latest: ArcRwSignal<Option<Transaction>>,
    pub(super) status: ArcRwSignal<ConnectionStatus>,
    pub(super) error: ArcRwSignal<Option<ClientError>>,
    pub(super) older_error: ArcRwSignal<Option<ClientError>>,
    /// When the last message from the server arrived, in milliseconds since 1970.
    pub(super) heard_at: ArcRwSignal<Option<i64>>,
    pub(super) loading_older: ArcRwSignal<bool>,
}

impl Signals {
    pub(super) fn new(feed: &Feed) -> Self {
        Self {
            transactions: ArcRwSignal::new(feed.transactions()),
            accounts: ArcRwSignal::new(feed.accounts().to_vec()),
            summary: ArcRwSignal::new(feed.summary().clone()),
            next_cursor: ArcRwSignal::new(feed.next_cursor().map(str::to_owned)),
            removals: ArcRwSignal::new(feed.removals()),
            seq: ArcRwSignal::new(feed.seq()),
            loaded: ArcRwSignal::new(feed.is_loaded()),
            latest: ArcRwSignal::new(None),
            status: ArcRwSignal::new(ConnectionStatus::Idle),
            error: ArcRwSignal::new(None),
            older_error: ArcRwSignal::new(None),
            heard_at: ArcRwSignal::new(None),
            loading_older: ArcRwSignal::new(false),
        }
    }

    pub(super) fn show_status(&self, status: ConnectionStatus) {
        set_if_changed(&self.status, status);
    }

    pub(super) fn show_errors(&self, errors: &Errors) {
        set_if_changed(&self.error, errors.main().cloned());
        set_if_changed(&self.older_error, errors.older().cloned());
    }

    pub(super) fn show_feed(&self, shown: Shown) {
        let Shown { transactions, accounts, summary, next_cursor, removals, seq, loaded } = shown;
        self.transactions.set(transactions);
        set_if_changed(&self.accounts, accounts);
        set_if_changed(&self.summary, summary);
        set_if_changed(&self.next_cursor, next_cursor);
        set_if_changed(&self.removals, removals);
        set_if_changed(&self.seq, seq);
        set_if_changed(&self.loaded, loaded);
    }
}

/// The part of a feed that is shown. A copy, so that no lock is held while the page is drawn.
pub(super) struct Shown {
    transactions: Vec<Arc<Transaction>>,
    accounts: Vec<Account>,
    summary: Summary,
    next_cursor: Option<String>,
    removals: u64,
    seq: u64,
    loaded: bool,
}

impl From<&Feed> for Shown {
    fn from(feed: &Feed) -> Self {
        Self {
            transactions: feed.transactions(),
            accounts: feed.accounts().to_vec(),
            summary: feed.summary().clone(),
            next_cursor: feed.next_cursor().map(str::to_owned),
            removals: feed.removals(),
            seq: feed.seq(),
            loaded: feed.is_loaded(),
        }
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
