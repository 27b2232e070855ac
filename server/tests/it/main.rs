//! The server from outside: real HTTP, real sockets, a real store.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod admin;
mod api;
mod cli;
mod core_app;
mod declared;
mod delivery_trace;
mod disconnects;
mod epoch;
mod fairness;
mod faults;
mod handshake;
mod http_errors;
mod inbox;
mod isolation;
mod limits;
mod outbox_worker;
mod protocol;
mod protocol_engine;
mod protocol_socket;
mod protocol_v3;
mod provider_answers;
mod pushed;
mod readings;
mod realtime;
mod reconnects;
mod resume;
mod secrets;
mod session;
mod slow;
mod sse;
mod store_file;
mod strangers;
mod support;
mod sync;
mod tokens;
mod webhooks;
