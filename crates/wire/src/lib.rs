//! The types that cross a process boundary: what Tallywire's server sends to Socket.IO clients, to
//! HTTP clients and to its own dashboard.
//!
//! Owns names and JSON shapes, and the exactness of money. Must not know databases, HTTP, sockets or the browser: it
//! depends on serde and a decimal type, and compiles for WebAssembly.
//!
//! ```
//! let amount: wire::Amount = serde_json::from_str("-50.1").unwrap();
//! assert_eq!(serde_json::to_string(&amount).unwrap(), "-50.1");
//! assert_eq!(amount.to_string(), "-50.1");
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod admin;
pub mod amount;
pub mod api;
pub mod connections;
pub mod currency;
pub mod error;
pub mod events;
mod object;
pub mod rank;
mod sync_error;
pub mod time;
pub mod transaction;

pub use amount::{Amount, AmountError};
pub use currency::{Currency, CurrencyError};
pub use error::{ErrorBody, ErrorCode};
pub use events::EventName;
pub use sync_error::{SyncError, SyncErrorKind};
pub use transaction::{DatePrecision, PrimaryType, Transaction, TransactionStatus};
