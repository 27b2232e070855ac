//! Fetching changes from providers.
//!
//! Owns when a connection is synced, one run of pages after another, and what follows if a provider does not answer.
//! Must not know a provider's formats (`connectors` does) or SQL.
//!
//! From a notification to an event: `ingest` stores the delivery and a sync request for its connection in one commit,
//! and wakes the `worker`. The worker starts a `run`, which fetches page after page through `http_api` and stores each.
//! At the end, the run reconciles the rows that it did not list, stores the cursor, and sends `sync:complete`.

mod apis;
mod calls;
pub mod credentials;
mod http_api;
mod keys;
mod pauses;
mod run;
mod tokens;
mod worker;

pub use apis::Apis;
pub use calls::{ConnectionCalls, Opened};
pub use keys::{Keys, Obtained};
pub use worker::{Schedule, Signals, Worker};
