//! The connection on the server: there is none.
//!
//! Owns being inert, with the same face as the browser's. Must not do anything.

use std::sync::Arc;

use super::session::Session;

/// Stands where the browser has a connection.
pub(super) struct Link;

impl Link {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn connect(&self, _session: &Arc<Session>) {}

    pub(super) fn reconnect(&self, _session: &Arc<Session>) {}

    pub(super) fn restart(&self) {}

    pub(super) fn ready(&self) {}

    pub(super) fn retry(&self) {}

    pub(super) fn retry_after(&self, _ms: u32) {}

    pub(super) fn disconnect(&self) {}
}

pub(super) fn spawn(_work: impl Future<Output = ()> + 'static) {}

pub(crate) async fn sleep(_millis: u32) {}
