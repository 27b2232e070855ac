//! Simulated providers beside this server.
//!
//! Owns what the server has to be told of them: its settings, the addresses of webhooks, and how their connections are
//! registered. Must not simulate anything: `provider-sim` does.

mod registration;
mod settings;

pub use registration::{registration, webhook_address};
pub use settings::settings;
