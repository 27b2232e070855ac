//! The slots that are in use on this node.
//!
//! Owns counting them, and which users' counts have to be recorded in the database. Must not know the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(super) struct Counts {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    used: HashMap<Arc<str>, u32>,
    /// Users whose count is to be recorded.
    changed: HashSet<Arc<str>>,
}

impl Counts {
    pub(super) fn used(&self, user_id: &str) -> u32 {
        self.inner.lock().used.get(user_id).copied().unwrap_or_default()
    }

    /// Counts a slot that the database has recorded.
    pub(super) fn take(&self, user_id: &Arc<str>) {
        *self.inner.lock().used.entry(Arc::clone(user_id)).or_default() += 1;
    }

    /// Frees a slot. The database is updated later.
    pub(super) fn give_back(&self, user_id: &Arc<str>) {
        let mut inner = self.inner.lock();
        if let Some(used) = inner.used.get_mut(user_id) {
            *used -= 1;
            if *used == 0 {
                inner.used.remove(user_id);
            }
        }
        inner.changed.insert(Arc::clone(user_id));
        drop(inner);
        self.changed.notify_one();
    }

    /// Marks a user whose recorded count differs, or may differ, from the slots in use.
    pub(super) fn record_again(&self, user_id: &Arc<str>) {
        self.inner.lock().changed.insert(Arc::clone(user_id));
        self.changed.notify_one();
    }

    /// Takes some users whose count is to be recorded.
    pub(super) fn take_changed(&self, most: usize) -> Vec<Arc<str>> {
        let mut inner = self.inner.lock();
        let some: Vec<_> = inner.changed.iter().take(most).cloned().collect();
        for user_id in &some {
            inner.changed.remove(user_id);
        }
        some
    }

    /// Waits until there are such users.
    pub(super) async fn has_changed(&self) {
        while self.inner.lock().changed.is_empty() {
            self.changed.notified().await;
        }
    }

    /// Marks the users whose recorded count differs from the slots in use, for example after a failover.
    pub(super) fn compare(&self, recorded: Vec<(String, u32)>) {
        let mut inner = self.inner.lock();
        let recorded: HashMap<Arc<str>, u32> = recorded.into_iter().map(|(user, used)| (user.into(), used)).collect();
        let differs = |user_id: &Arc<str>, used: &u32, other: &HashMap<Arc<str>, u32>| other.get(user_id) != Some(used);
        let mut differing: Vec<_> = vec![];
        differing.extend(recorded.iter().filter(|(user, used)| differs(user, used, &inner.used)).map(|(user, _)| user));
        differing.extend(inner.used.iter().filter(|(user, used)| differs(user, used, &recorded)).map(|(user, _)| user));
        let differing: Vec<_> = differing.into_iter().cloned().collect();
        if !differing.is_empty() {
            inner.changed.extend(differing);
            self.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_database_has_otherwise_is_recorded_again() {
        let counts = Counts::default();
        let users: [Arc<str>; 3] = ["alice".into(), "bob".into(), "carol".into()];
        users.iter().for_each(|user_id| counts.take(user_id));
        let recorded = [("alice", 1), ("bob", 2), ("dave", 1)].map(|(user, used)| (user.to_owned(), used));
        counts.compare(recorded.to_vec());
        let mut changed = counts.take_changed(10);
        changed.sort();
        assert_eq!(changed, ["bob".into(), "carol".into(), "dave".into()] as [Arc<str>; 3]);
        assert!(counts.take_changed(10).is_empty());
        counts.give_back(&users[0]);
        assert_eq!((counts.used("alice"), counts.used("bob")), (0, 1));
        assert_eq!(counts.take_changed(10), ["alice".into()] as [Arc<str>; 1]);
    }
}
