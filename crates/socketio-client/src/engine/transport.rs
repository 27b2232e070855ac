//! The reports of a transport.
//!
//! Owns the boundary between the state machines and the carrier of frames. Must not know a browser.

/// A report of a transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportEvent {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
    /// The transport is closed.
    Closed,
    /// The transport could not be opened, or broke.
    Failed,
}
