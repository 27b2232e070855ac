//! The state of the connection, as the page shows it.
//!
//! Owns when a page is live: signed in, with the server's data loaded, and the server answering. Must not act on
//! the connection.

use socketio_client::Status;

use super::status::ConnectionStatus;

#[derive(Debug, Default)]
pub(super) struct Connection {
    status: ConnectionStatus,
    signed_in: bool,
}

impl Connection {
    pub(super) fn status(&self) -> ConnectionStatus {
        self.status
    }

    pub(super) fn is_live(&self) -> bool {
        self.status == ConnectionStatus::Live
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.signed_in
    }

    /// The transport's status changed; the next sign-in has yet to happen.
    pub(super) fn transport_changed(&mut self, status: Status) {
        *self = Self { status: status.into(), signed_in: false };
    }

    pub(super) fn signed_in(&mut self, is_loaded: bool) {
        *self = Self { status: ConnectionStatus::Connecting, signed_in: true };
        self.data_changed(is_loaded);
    }

    /// The data was dropped or loaded.
    pub(super) fn data_changed(&mut self, is_loaded: bool) {
        self.status = match (self.status, is_loaded) {
            (ConnectionStatus::Connecting, true) if self.signed_in => ConnectionStatus::Live,
            (ConnectionStatus::Live | ConnectionStatus::Silent, false) => ConnectionStatus::Connecting,
            (other, _) => other,
        };
    }

    /// The server has stopped answering, or answers again. A page that is not live keeps its status.
    pub(super) fn silent(&mut self, is_silent: bool) {
        self.status = match (self.status, is_silent) {
            (ConnectionStatus::Live, true) => ConnectionStatus::Silent,
            (ConnectionStatus::Silent, false) => ConnectionStatus::Live,
            (other, _) => other,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_live_once_it_is_signed_in_and_loaded() {
        let mut connection = Connection::default();
        connection.transport_changed(Status::Live);
        connection.data_changed(true);
        assert!(!connection.is_live());
        connection.signed_in(false);
        assert_eq!(connection.status(), ConnectionStatus::Connecting);
        connection.data_changed(true);
        assert!(connection.is_live());
        connection.data_changed(false);
        assert_eq!(connection.status(), ConnectionStatus::Connecting);
    }

    #[test]
    fn a_reload_does_not_make_a_silent_server_live() {
        let mut connection = Connection::default();
        connection.signed_in(true);
        connection.silent(true);
        connection.data_changed(true);
        assert_eq!(connection.status(), ConnectionStatus::Silent);
        connection.silent(false);
        assert!(connection.is_live());
    }
}
