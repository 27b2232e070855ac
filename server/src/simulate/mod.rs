//! Simulated providers that run next to this server.
//!
//! Owns the server's side of them: its settings, the addresses of webhooks, and the registration of their connections.
//! Must not simulate anything: `provider-sim` does.

mod registration;
mod settings;

pub use registration::{registration, webhook_address};
pub use settings::settings;
