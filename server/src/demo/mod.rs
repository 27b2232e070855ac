//! A first look without an account anywhere.
//!
//! Owns two invented people whose banks and books are simulated within the process. Must not take a short cut past the
//! providers' interfaces and webhooks, nor run where secrets are configured.

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
