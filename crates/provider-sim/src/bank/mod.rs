//! The simulated banks.
//!
//! Owns accounts, payments and connections, and their changes. The same calls on the same seed have the same outcome.
//! Must not do I/O, read a clock, or know the rows that a provider makes of payments.

mod account;
mod books;
mod cents;
mod connection;
mod merchants;
mod past;
mod payment;

pub use account::{Account, AccountKind, NewAccount};
pub use books::{Bank, Unknown};
pub use cents::Cents;
pub use connection::{Connection, ConnectionStatus};
pub use payment::{Payment, PaymentId, PaymentStatus, Posting, Purchase};

pub(crate) use books::Naming;
pub(crate) use merchants::Country;
