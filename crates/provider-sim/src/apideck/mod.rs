//! A simulated Apideck: accounting API, Vault and webhooks.
//!
//! Owns everything that is particular to Apideck. Must not know the product that calls it.
//!
//! ```text
//! Apideck (the owner's methods)  ─▶ app (lock, sending) ─▶ state ─▶ books, messages
//! routes (HTTP calls) ─────────────▶ app
//! ```
//!
//! Behind Apideck there are accounting services, not banks: records are entered, changed, voided and deleted, and
//! appear in lists and single answers at once. No list shows which were deleted.

mod answers;
mod app;
mod books;
mod error;
mod messages;
mod options;
mod record;
mod routes;
mod signing;
mod simulator;
mod state;

pub use books::{BooksConnection, ConnectionState};
pub use options::ApideckOptions;
pub use record::{LedgerAccount, NewRecord, Record, RecordKind, RecordStatus};
pub use simulator::Apideck;
