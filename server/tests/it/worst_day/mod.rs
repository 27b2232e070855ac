//! The worst day: every fault that can happen between a bank's provider and a user's screen.
//!
//! Runs the real binary against a simulated Basiq. At the end the store and the clients equal the provider's lists, and
//! each purchase was announced as new exactly once. `TALLYWIRE_FAULTS_SEED` selects another day.

mod banks;
mod client;
mod day;
mod elsewhere;
mod locked;
mod tally;
