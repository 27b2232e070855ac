//! Tallywire: signed webhooks in, live transactions out.
//!
//! The way of a delivery: [`http`] takes the bytes, [`ingest`] has them verified and understood by
//! a connector, [`store`] makes them durable together with the events they cause, and [`realtime`]
//! gives each event to the sockets of its user right after the commit. See `docs/architecture.md`.

#![forbid(unsafe_code)]

pub mod auth;
pub mod clock;
pub mod config;
pub mod core_app;
pub mod demo;
pub mod http;
pub mod ids;
pub mod ingest;
pub mod limits;
pub mod metrics;
pub mod net;
pub mod operations;
pub mod realtime;
pub mod shares;
pub mod startup;
pub mod state;
pub mod store;
pub mod telemetry;
#[cfg(feature = "ui")]
pub mod ui;
pub mod upkeep;
