//! The server from outside: real HTTP, real sockets, a real store.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod admin;
mod api;
mod cli;
mod connect_apideck;
mod connect_basiq;
mod connect_plaid;
mod connect_refusals;
mod connections_state;
mod core_app;
mod declared;
mod delivery_trace;
#[cfg(feature = "simulate")]
mod demo;
mod disconnects;
mod epoch;
mod failover;
mod fairness;
mod faults;
mod handshake;
mod http_errors;
mod inbox;
mod isolation;
mod limits;
mod migrate;
mod nodes;
mod outages;
mod outbox_worker;
mod postgres;
mod protocol;
mod protocol_engine;
mod protocol_socket;
mod protocol_v3;
mod provider_answers;
mod pushed;
mod readings;
mod realtime;
mod reconnects;
mod redis;
mod resume;
mod secrets;
mod session;
mod silent_database;
#[cfg(feature = "simulate")]
mod simulate;
mod slow;
mod sse;
mod store_file;
mod strangers;
mod support;
mod sync;
mod sync_apideck;
mod sync_keys;
mod sync_plaid;
mod tokens;
mod upgrades;
mod webhooks;
mod worst_day;
