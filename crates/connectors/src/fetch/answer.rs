//! Reads the body of an answer.
//!
//! Owns opening it. Must not know any provider's members.

use serde_json::value::RawValue;

use super::error::FetchError;
use super::response::ApiResponse;
use crate::body;
use crate::json::Document;

impl FetchError {
    /// The answer does not have the documented form.
    pub(crate) fn not_understood(reason: impl Into<String>) -> Self {
        Self::NotUnderstood { reason: reason.into() }
    }
}

impl ApiResponse {
    /// Like [`ApiResponse::success`], for a call with the connection's own token: if the provider refuses it, only the
    /// user can provide another.
    pub(crate) fn success_with_own_token(self) -> Result<Self, FetchError> {
        match self.success() {
            Err(FetchError::Refused { reason }) => Err(FetchError::ConsentNeeded { reason }),
            outcome => outcome,
        }
    }

    /// The body as an object.
    pub(crate) fn object(&self) -> Result<Document<'_>, FetchError> {
        body::object(&self.body).ok_or_else(|| FetchError::not_understood("the answer is not a JSON object"))
    }

    /// The body as a list.
    pub(crate) fn list(&self) -> Result<Vec<&RawValue>, FetchError> {
        let not_a_list = || FetchError::not_understood("the answer is not a JSON array");
        let raw = crate::json::read(&self.body).map_err(|_| not_a_list())?;
        serde_json::from_str(raw.get()).map_err(|_| not_a_list())
    }
}

/// The value of a query parameter in a link to the next page. The link is not followed: the call is built from the
/// value.
pub(crate) fn parameter(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// The list in a member of an answer.
pub(crate) fn list_of<'a>(answer: &Document<'a>, name: &str) -> Result<Vec<&'a RawValue>, FetchError> {
    answer.array(&[name]).ok_or_else(|| FetchError::not_understood(format!("the answer has no {name}")))
}
