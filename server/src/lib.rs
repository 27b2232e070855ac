//! Tallywire: signed webhooks in, live transactions out.
//!
//! The path of a delivery: [`http`] receives the bytes, [`ingest`] has a connector verify and parse them, [`store`]
//! makes them durable together with the resulting events, and [`feed`] gives each event to the sockets and streams of
//! its user right after the commit. See `docs/architecture.md`.

#![forbid(unsafe_code)]

pub mod auth;
pub mod backoff;
pub mod clock;
pub mod config;
pub mod connect;
pub mod core_app;
pub mod cores;
pub mod database;
pub mod demo;
pub mod feed;
pub mod http;
pub mod ids;
pub mod ingest;
pub mod jobs;
pub mod keyed_semaphore;
pub mod lease;
pub mod limits;
pub mod metrics;
pub mod net;
pub mod operations;
pub mod readiness;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod slots;
pub mod socketio;
pub mod startup;
pub mod state;
pub mod store;
pub mod sync;
pub mod tasks;
pub mod telemetry;
#[cfg(feature = "ui")]
pub mod ui;
pub mod wakeup;
