//! Services that tests start for themselves, each in a temporary folder and on a free port of 127.0.0.1.
//!
//! Owns starting them, and that nothing of them remains when the test process ends, however it ends. Must not know what
//! a test does with them.

#![forbid(unsafe_code)]

mod account;
mod guarded;
mod pgbouncer;
mod postgres;
mod redis;
mod relay;
mod start;

pub use pgbouncer::PgBouncer;
pub use postgres::Postgres;
pub use redis::Redis;
pub use relay::Relay;
