//! The Socket.IO endpoint.
//!
//! Owns everything between the engine and the feed: who may connect, sign-in, limits, and ending connections. Must not
//! decide who receives an event ([`crate::feed`] does), and never lets a client name a room: the room is the
//! authenticated user's. No other module uses socketioxide.

mod connections;
mod credentials;
mod deadlines;
mod endpoint;
mod poll_guard;
mod polling;
mod quota;
mod sign_in;
mod socket_session;
mod subscriber;
mod transport;

pub use connections::ConnectionManager;
pub use credentials::Credentials;
pub use endpoint::{Endpoint, EngineService, LARGEST_MESSAGE};
pub use poll_guard::PollGuard;
pub use sign_in::SignIn;
pub use socketioxide::socket::Sid;
pub use transport::TransportRegistry;
