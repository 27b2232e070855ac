//! Bodies that must be a JSON object.
//!
//! Owns the malformations that no provider's body may have. Must not know any member.

use serde_json::value::RawValue;

use crate::error::Malformed;
use crate::json::{self, Document};
use crate::meaning::Meaning;
use crate::understood::Understood;

/// Interprets a body: `read` gets its object. A delivery that `read` does not understand is quarantined.
pub(crate) fn understand(
    body: &[u8],
    read: impl FnOnce(Document<'_>) -> Understood<Meaning>,
) -> Result<Meaning, Malformed> {
    let raw = json::read(body).map_err(|unreadable| Malformed(format!("the body cannot be read: {unreadable}")))?;
    if !raw.get().starts_with('{') {
        return Err(Malformed("the body is not a JSON object".to_owned()));
    }
    Ok(opened(raw).and_then(read).unwrap_or_else(Meaning::NotUnderstood))
}

/// The object of a body, for reading ids before or after verification; `None` if the body is not an object.
pub(crate) fn object(body: &[u8]) -> Option<Document<'_>> {
    Document::open(json::read(body).ok()?).ok()?
}

fn opened(raw: &RawValue) -> Understood<Document<'_>> {
    Document::open(raw)?.ok_or_else(|| "the body is not a JSON object".to_owned())
}
