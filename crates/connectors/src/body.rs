//! Bodies that must be an object of JSON.
//!
//! Owns the malformations that no provider's body may have. Must not know any member.

use serde_json::value::RawValue;

use crate::error::Malformed;
use crate::json::{self, Document};
use crate::meaning::Meaning;
use crate::understood::Understood;

/// Interprets a body: `read` is given its object. Where `read` does not understand it, the delivery is quarantined.
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

/// The object of a body, for reading ids out of it before or after it is verified; nothing where it is none.
pub(crate) fn object(body: &[u8]) -> Option<Document<'_>> {
    Document::open(json::read(body).ok()?).ok()?
}

fn opened(raw: &RawValue) -> Understood<Document<'_>> {
    Document::open(raw)?.ok_or_else(|| "the body is not a JSON object".to_owned())
}
