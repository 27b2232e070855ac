//! The states of the connection and the errors, as a page shows them.
//!
//! Owns their names and messages. Must not know how they are shown.

use socketio_client::{CloseReason, Status};
use wire::ErrorCode;
use wire::error::SocketError;

use crate::error::AppError;

/// The state of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// Not started: on the server, and before hydration.
    #[default]
    Idle,
    /// Connecting, signing in or loading.
    Connecting,
    /// Signed in and loaded; events arrive as they happen.
    Live,
    /// Signed in, but the server has stopped answering: it is not known whether events arrive.
    Silent,
    /// Disconnected; another attempt follows.
    Waiting {
        /// The number of the next attempt.
        attempt: u32,
        /// The time of the attempt, in milliseconds since 1970.
        retry_at_ms: u64,
    },
    /// The browser has no network; the next attempt follows when it has one.
    Offline,
    /// Closed on request.
    Closed,
    /// The server refused the connection; there is no automatic retry.
    Refused,
}

impl ConnectionStatus {
    /// The name for an attribute: `live`, `waiting` …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Silent => "silent",
            Self::Waiting { .. } => "waiting",
            Self::Offline => "offline",
            Self::Closed => "closed",
            Self::Refused => "refused",
        }
    }

    /// Whether an attempt to connect now makes sense.
    pub fn can_reconnect(self) -> bool {
        matches!(self, Self::Waiting { .. } | Self::Offline | Self::Closed | Self::Refused)
    }
}

impl From<Status> for ConnectionStatus {
    /// A live socket is not yet a live feed: the server still has to sign it in.
    fn from(status: Status) -> Self {
        match status {
            Status::Idle => Self::Idle,
            Status::Connecting | Status::Live => Self::Connecting,
            Status::Waiting { reason: CloseReason::Offline, .. } => Self::Offline,
            Status::Waiting { attempt, retry_at_ms, .. } => Self::Waiting { attempt, retry_at_ms },
            Status::Closed => Self::Closed,
            Status::Refused => Self::Refused,
        }
    }
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The server refused the connection, with this message.
    Refused(String),
    /// The server sent the event `error`.
    Server(SocketError),
    /// The server sent an unreadable event with this name.
    Malformed(String),
    /// A reload over HTTP failed.
    Reload(AppError),
    /// The session has ended.
    SessionEnded,
    /// The feed belongs to another user, who signed in in another tab.
    OtherUser,
}

impl ClientError {
    /// One readable sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Refused(reason) => format!("The server refused the connection: {reason}."),
            Self::Server(error) => match error.code {
                ErrorCode::ConnectionLimit => {
                    "Too many pages are open. Close one, then reconnect here, or wait a minute.".to_owned()
                }
                _ => format!("{}.", error.message),
            },
            Self::Malformed(_) => "We missed an update and are reloading it.".to_owned(),
            Self::Reload(error) => error.message(),
            Self::SessionEnded => AppError::Unauthorized.message(),
            Self::OtherUser => "Someone else has signed in on this browser. Reload the page to continue.".to_owned(),
        }
    }

    /// Whether signing in again is the solution.
    pub fn needs_sign_in(&self) -> bool {
        *self == Self::SessionEnded
    }

    /// Whether it ends the feed.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::SessionEnded | Self::OtherUser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_not_signed_in_is_not_live() {
        assert_eq!(ConnectionStatus::from(Status::Live), ConnectionStatus::Connecting);
    }

    #[test]
    fn a_browser_without_network_is_offline_rather_than_waiting() {
        let waiting = |reason| ConnectionStatus::from(Status::Waiting { attempt: 2, retry_at_ms: 9, reason });
        assert_eq!(waiting(CloseReason::Offline), ConnectionStatus::Offline);
        assert_eq!(waiting(CloseReason::PingTimeout), ConnectionStatus::Waiting { attempt: 2, retry_at_ms: 9 });
    }

    #[test]
    fn an_ended_session_leads_to_the_sign_in_page() {
        assert!(ClientError::SessionEnded.needs_sign_in());
        assert!(!ClientError::Server(ErrorCode::TokenExpired.into()).needs_sign_in(), "it may have been renewed");
    }
}
