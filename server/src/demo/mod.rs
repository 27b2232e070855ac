//! A demo that needs no account at any provider.
//!
//! Owns two invented users whose banks and books are simulated within the process. Must not bypass the providers' APIs
//! and webhooks, nor run where secrets are configured.

#[cfg(feature = "simulate")]
mod banks;
#[cfg(feature = "simulate")]
mod core_app;
mod people;
#[cfg(feature = "simulate")]
mod simulated;

#[cfg(feature = "simulate")]
pub use core_app::{CoreApp, Error};
pub use people::{PEOPLE, Person};
#[cfg(feature = "simulate")]
pub use simulated::Demo;
