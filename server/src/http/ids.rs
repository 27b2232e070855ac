//! Names that callers give over HTTP.
//!
//! Owns the answer where one is none. Must not decide what may be one: [`crate::ids`] does.

use wire::ErrorCode;

use super::error::ApiError;
use crate::ids;

/// Refuses what is no name; `what` is the field's.
pub(super) fn check(what: &str, id: &str) -> Result<(), ApiError> {
    ids::check(what, id).map_err(|sentence| ApiError::new(ErrorCode::BadRequest, sentence))
}

/// The same for what may be longer: a name that has others in it.
pub(super) fn check_up_to(longest: usize, what: &str, id: &str) -> Result<(), ApiError> {
    ids::check_up_to(longest, what, id).map_err(|sentence| ApiError::new(ErrorCode::BadRequest, sentence))
}
