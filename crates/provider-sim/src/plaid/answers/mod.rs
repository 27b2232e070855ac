//! The JSON of Plaid's answers.
//!
//! Owns its members. Must not choose the rows of an answer.

mod account;
mod item;
mod session;
mod transaction;

pub(super) use account::PlaidAccount;
pub(super) use item::{item, item_status};
pub(super) use session::session;
pub(super) use transaction::PlaidTransaction;
