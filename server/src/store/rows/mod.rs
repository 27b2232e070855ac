//! Rows as every store has them.
//!
//! Owns their contents and how these are read and written, as far as all databases share it. Must not know SQL.

mod account;
mod connection;
mod details;
mod loaded;
mod owner;
mod paging;
mod recencies;
mod scope;
mod search;
mod standing;
mod status;
mod totals;
mod transaction;

pub(super) use account::{account_name, shown_time};
pub(super) use connection::{ConnectionRow, REVOKED, ends_consent, is_of_connection};
pub(super) use loaded::Loaded;
pub(super) use owner::{Owner, is_same_source};
pub(super) use paging::{bound, cursor, day_of, limit};
pub(super) use recencies::{from_columns as recencies_from_columns, to_columns as recencies_to_columns};
pub(super) use scope::Scope;
pub(super) use search::text as search_text;
pub(super) use standing::{
    PURGING, QUEUED, Standing, UNKNOWN_CONNECTION, UNKNOWN_USER, applied, headers_to_keep, settled,
};
pub(super) use status::{REMOVED, Status};
pub(super) use totals::Totals;
pub(super) use transaction::{Columns, Place, TransactionRow, Written, type_code};
