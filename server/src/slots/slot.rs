//! A user's slot.
//!
//! Owns returning it when it is dropped. Must not know what it is used for.

use std::sync::Arc;

use super::registration::Registration;

/// A slot of a user on this node. Dropping it returns it.
#[derive(Debug)]
pub struct Slot {
    registration: Arc<Registration>,
    user_id: Arc<str>,
}

impl Slot {
    /// A slot that is already counted.
    pub(super) fn counted(registration: &Arc<Registration>, user_id: &Arc<str>) -> Self {
        Self { registration: Arc::clone(registration), user_id: Arc::clone(user_id) }
    }

    /// Whether this node still has it.
    pub fn is_valid(&self) -> bool {
        self.registration.is_valid()
    }

    /// The same question, for use after the slot has been moved.
    pub fn validity(&self) -> impl Fn() -> bool + Send + use<> {
        let registration = Arc::clone(&self.registration);
        move || registration.is_valid()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.registration.counts.give_back(&self.user_id);
    }
}
