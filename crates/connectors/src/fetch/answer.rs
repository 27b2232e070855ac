//! What an answer's body holds.
//!
//! Owns opening it. Must not know any provider's members.

use serde_json::value::RawValue;

use super::error::FetchError;
use super::response::ApiResponse;
use crate::body;
use crate::json::Document;

impl FetchError {
    /// The answer is not what the provider documents.
    pub(crate) fn not_understood(reason: impl Into<String>) -> Self {
        Self::NotUnderstood { reason: reason.into() }
    }
}

impl ApiResponse {
    /// The object that its body is.
    pub(crate) fn object(&self) -> Result<Document<'_>, FetchError> {
        body::object(&self.body).ok_or_else(|| FetchError::not_understood("the answer is not a JSON object"))
    }
}

/// The list that a member of an answer is.
pub(crate) fn list_of<'a>(answer: &Document<'a>, name: &str) -> Result<Vec<&'a RawValue>, FetchError> {
    answer.array(&[name]).ok_or_else(|| FetchError::not_understood(format!("the answer has no {name}")))
}
