//! The connection to the Socket.IO server: in the browser a client, on the server nothing.
//!
//! Owns what a connection is asked for. Must not know what happens with its notifications.

#[cfg(not(target_arch = "wasm32"))]
mod inert;
#[cfg(target_arch = "wasm32")]
mod socket;

#[cfg(not(target_arch = "wasm32"))]
pub(super) use inert::Link;
#[cfg(target_arch = "wasm32")]
pub(super) use socket::Link;
