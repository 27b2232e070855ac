//! The feed's rules: one by one, and against a model of the server, the network and the tab.

mod convergence;
mod database;
mod many;
mod rules;
mod tab;
mod told;
