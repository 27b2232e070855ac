//! HTTP servers that behave like providers' APIs and send their webhooks.
//!
//! For tests, the demo and `tallywire simulate`. Pure models ([`bank`]) decide about the changes; a folder for each
//! provider puts them behind that provider's paths, formats, budgets and signatures. It shares no code with the
//! connectors, so that neither can hide the other's mistakes.
//!
//! The caller that starts a simulator owns it: only the owner changes the banks, switches faults on ([`Faults`]), holds
//! webhooks back ([`Webhooks`]) and moves the [`Clock`] forward. The same seed and the same calls give the same ids and
//! payments. Simulators are started and used within a Tokio runtime.

pub mod activity;
pub mod apideck;
pub mod bank;
pub mod basiq;
pub mod plaid;
pub mod simulation;

mod budget;
mod clock;
mod http;
mod ids;
mod webhooks;

pub use clock::Clock;
pub use http::{CallCounts, Count, Fault, Faults, Recorder, Rule};
pub use webhooks::{Attempt, Message, Outcome, Schedule, Webhooks};
