//! Ids that callers choose.
//!
//! Owns the answer to an invalid one. Must not decide which are valid: [`crate::ids`] does.

use wire::ErrorCode;

use super::error::ApiError;
use crate::ids;

/// Refuses an invalid id; `what` is the name of its field.
pub(super) fn check(what: &str, id: &str) -> Result<(), ApiError> {
    ids::check(what, id).map_err(|sentence| ApiError::new(ErrorCode::BadRequest, sentence))
}

/// The same for an id that may be longer because it contains other ids.
pub(super) fn check_up_to(longest: usize, what: &str, id: &str) -> Result<(), ApiError> {
    ids::check_up_to(longest, what, id).map_err(|sentence| ApiError::new(ErrorCode::BadRequest, sentence))
}
