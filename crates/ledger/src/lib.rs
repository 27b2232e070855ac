//! The meaning of changes.
//!
//! Owns the product's rules: what is new, updated or deleted, which of two reports about the same row is newer, which
//! events a user's feed gets and in which order, and the calls to the core app. Must not do I/O, read a clock or know a
//! database: a store loads the [`State`] that changes affect, and writes the [`Plan`] that [`apply()`] makes of both.
//!
//! ```
//! use ledger::{Change, Context, State};
//!
//! let context = Context::example();
//! let change = Change::example("t1", "-12.50");
//! let plan = ledger::apply(&context, State::default(), &[change.clone()]);
//! assert_eq!(plan.events[0].name.as_str(), "transaction:new");
//!
//! // The same again changes nothing.
//! let again = ledger::apply(&context, plan.state, &[change]);
//! assert!(again.events.is_empty());
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod absence;
mod account;
mod apply;
pub mod change;
mod connection;
mod context;
mod deletion;
mod event;
mod examples;
mod identity;
pub mod matching;
mod outgoing;
mod plan;
mod planning;
mod recency;
mod reconcile;
mod state;
mod transaction;

pub use absence::Absence;
pub use apply::apply;
pub use change::{AccountUpdate, Change, Dated, NewTransaction, Update, When};
pub use connection::{purge, register, relink, remove, sync_failed, sync_recovered, synced};
pub use context::{Connector, Context};
pub use event::{Event, event_id, transaction_payload};
pub use outgoing::{Call, Outgoing};
pub use plan::{Applied, Plan};
pub use recency::Recency;
pub use reconcile::{Remainder, reconcile, waits_for_end};
pub use state::{
    AccountState, ConnectionState, Dirty, Key, Known, State, StoredTransaction, Tombstone, TransactionState,
};
