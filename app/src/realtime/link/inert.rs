//! The connection on the server, which has none.
//!
//! Owns the same interface as the browser's. Must not do anything.

use socketio_client::Notification;

/// Stands in for the browser's connection.
pub(in crate::realtime) struct Link;

impl Link {
    pub(in crate::realtime) fn new() -> Self {
        Self
    }

    pub(in crate::realtime) fn connect(
        &self,
        _url: Option<&str>,
        _auth: impl Fn() -> Option<String> + 'static,
        _notify: impl Fn(Notification) + 'static,
    ) {
    }

    pub(in crate::realtime) fn reconnect(&self) -> bool {
        true
    }

    pub(in crate::realtime) fn restart(&self) {}

    pub(in crate::realtime) fn ready(&self) {}

    pub(in crate::realtime) fn retry(&self) {}

    pub(in crate::realtime) fn retry_after(&self, _ms: u32) {}

    pub(in crate::realtime) fn disconnect(&self) {}
}
