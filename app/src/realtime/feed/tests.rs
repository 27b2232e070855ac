//! The feed's rules: one by one, and against a model of the server, the network and the tab.

mod convergence;
mod database;
mod epoch;
mod many;
mod notifications;
mod relinked;
mod rules;
mod tab;
