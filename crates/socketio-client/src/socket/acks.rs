//! Events that wait for an acknowledgement.
//!
//! Owns their ids and deadlines. Must not know callbacks or frames. Ids are never reused, not even on another
//! connection: a late answer matches nothing.

/// The ids that were issued and not answered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acks {
    next: u64,
    /// Id and deadline.
    pending: Vec<(u64, u64)>,
}

impl Acks {
    /// Issues an id that waits until the deadline.
    pub fn issue(&mut self, deadline_ms: u64) -> u64 {
        let id = self.next;
        self.next += 1;
        self.pending.push((id, deadline_ms));
        id
    }

    /// Stops waiting for one id; false if it is not waited for.
    pub fn settle(&mut self, id: u64) -> bool {
        let before = self.pending.len();
        self.pending.retain(|(pending, _)| *pending != id);
        self.pending.len() < before
    }

    /// Stops waiting for ids whose deadline has passed, and returns them.
    pub fn expire(&mut self, now_ms: u64) -> Vec<u64> {
        self.take(|_, deadline| deadline <= now_ms)
    }

    /// Stops waiting for ids for which `gone` is true, and returns them.
    pub fn abandon(&mut self, gone: impl Fn(u64) -> bool) -> Vec<u64> {
        self.take(|id, _| gone(id))
    }

    /// The next deadline.
    pub fn deadline(&self) -> Option<u64> {
        self.pending.iter().map(|(_, deadline)| *deadline).min()
    }

    fn take(&mut self, which: impl Fn(u64, u64) -> bool) -> Vec<u64> {
        self.pending.extract_if(.., |(id, deadline)| which(*id, *deadline)).map(|(id, _)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_settled_once() {
        let mut acks = Acks::default();
        let id = acks.issue(10);
        assert!(acks.settle(id));
        assert!(!acks.settle(id));
        assert!(!acks.settle(99));
        assert_ne!(acks.issue(10), id);
    }

    #[test]
    fn only_what_is_due_expires() {
        let mut acks = Acks::default();
        let (late, soon) = (acks.issue(20), acks.issue(10));
        assert_eq!(acks.deadline(), Some(10));
        assert!(acks.expire(9).is_empty());
        assert_eq!(acks.expire(10), [soon]);
        assert_eq!(acks.deadline(), Some(20));
        assert_eq!(acks.abandon(|id| id == late), [late]);
        assert_eq!(acks.deadline(), None);
    }
}
