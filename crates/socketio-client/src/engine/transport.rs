//! What a transport reports.
//!
//! Owns the boundary between the machines and whatever carries frames. Must not know a browser.

/// Something a transport has to say.
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
