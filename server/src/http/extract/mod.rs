//! Arguments of handlers.
//!
//! Owns the index of extractors. Must not contain one.

mod caller;
mod input;

pub use caller::{Admin, Caller, CurrentUser, Service};
pub(crate) use input::json_text;
pub use input::{JsonBody, PathParts, QueryString, RawBody, Submitted};
