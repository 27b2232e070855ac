//! The server from outside: real HTTP, real sockets, a real store.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod admin;
mod api;
mod cli;
mod comings;
mod core_app;
mod faults;
mod hang_up;
mod inbox;
mod isolation;
mod limits;
mod protocol;
mod pushed;
mod readings;
mod realtime;
mod resume;
mod secrets;
mod session;
mod slow;
mod support;
mod tokens;
mod webhooks;
