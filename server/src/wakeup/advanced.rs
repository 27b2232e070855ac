//! The users whose logs have advanced on other nodes.
//!
//! Owns collecting them while the previous users' events are read, so that any number of wake-ups costs one query at a
//! time. Must not read an event.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::feed::{self, Feed};

/// Users and the newest numbers in their logs.
#[derive(Default)]
pub(super) struct Advanced {
    users: Mutex<HashMap<Arc<str>, u64>>,
    any: Notify,
}

impl Advanced {
    /// Notes that a user's log has advanced to a number.
    pub(super) fn insert(&self, user_id: &str, newest: u64) {
        let mut users = self.users.lock();
        let known = users.entry(user_id.into()).or_default();
        *known = newest.max(*known);
        self.any.notify_one();
    }

    /// Delivers the users' events until the task is aborted.
    pub(super) async fn deliver(&self, feed: &Feed) {
        loop {
            self.any.notified().await;
            let users: Vec<_> = std::mem::take(&mut *self.users.lock()).into_iter().collect();
            feed::deliver_advanced(feed, &users).await;
        }
    }
}
