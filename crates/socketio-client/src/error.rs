//! Errors, and why a connection ended.
//!
//! Owns the one error type of the crate and the reasons in the status. Must not decide what follows from either:
//! `session` does.

/// Why a call failed, or what was wrong with the server's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client was closed, or the server refused it; nothing is sent until `reconnect`.
    #[error("the client is closed")]
    Closed,
    /// There is no connection, and the queue is full.
    #[error("too many messages are waiting for a connection")]
    QueueFull,
    /// The message is larger than the server accepts, which would close the connection.
    #[error("the message is larger than the server accepts")]
    TooLarge,
    /// The name belongs to the protocol (`connect`, `disconnect` and so on).
    #[error("the event name is reserved")]
    ReservedName,
    /// An argument or the connect payload is not JSON.
    #[error("an argument is not JSON")]
    InvalidJson,
    /// The namespace does not begin with a slash, or contains a comma.
    #[error("the namespace is not valid")]
    InvalidNamespace,
    /// The address has no host, something after the host, or a scheme other than http, https, ws, wss.
    #[error("the address of the server is not valid")]
    InvalidUrl,
    /// The server did not acknowledge the event in time.
    #[error("the server did not acknowledge in time")]
    AckTimeout,
    /// The acknowledgement has binary arguments, which are not passed on.
    #[error("the acknowledgement is binary")]
    BinaryAck,
    /// The message's connection is gone.
    #[error("the connection was lost")]
    ConnectionLost,
    /// A frame violates the protocol; the text names the part.
    #[error("malformed frame: {0}")]
    Malformed(&'static str),
}

/// Why there is no connection at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The other side, or an intermediary, closed the connection.
    TransportClosed,
    /// The connection could not be opened, or broke.
    TransportError,
    /// Nothing arrived for longer than the server's ping interval and time-out.
    PingTimeout,
    /// The server did not answer a [probe](crate::Probe).
    Unresponsive,
    /// The server sent a disconnect packet.
    ServerDisconnect,
    /// The handshake was not completed in time.
    HandshakeTimeout,
    /// The owner did not report in time that the connection serves its purpose.
    NotReady,
    /// The owner could not use the connection and requested another one.
    Unusable,
    /// The browser says that there is no network.
    Offline,
    /// The client's owner called `disconnect`.
    ByUser,
    /// The server refused the namespace, or the settings are unusable.
    Refused,
    /// The server sent something that violates the protocol.
    Protocol,
}

impl CloseReason {
    /// A short machine-readable name, for a log or an attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportClosed => "transport-closed",
            Self::TransportError => "transport-error",
            Self::PingTimeout => "ping-timeout",
            Self::Unresponsive => "unresponsive",
            Self::ServerDisconnect => "server-disconnect",
            Self::HandshakeTimeout => "handshake-timeout",
            Self::NotReady => "not-ready",
            Self::Unusable => "unusable",
            Self::Offline => "offline",
            Self::ByUser => "by-user",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
        }
    }
}
