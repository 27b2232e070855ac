//! The worst day: everything that can go wrong between a bank's provider and a person's screen.
//!
//! The real binary against a simulated Basiq. At the end the store and the clients have what the provider lists, and each
//! purchase was announced as new exactly once. `TALLYWIRE_FAULTS_SEED` gives another day.

mod banks;
mod client;
mod day;
mod elsewhere;
mod locked;
mod tally;
