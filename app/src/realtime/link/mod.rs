//! The connection to the Socket.IO server: in the browser a client, on the server nothing.
//!
//! Owns the operations on a connection. Must not know the handling of its notifications.

#[cfg(not(target_arch = "wasm32"))]
mod inert;
#[cfg(target_arch = "wasm32")]
mod socket;

#[cfg(not(target_arch = "wasm32"))]
pub(super) use inert::Link;
#[cfg(target_arch = "wasm32")]
pub(super) use socket::Link;
